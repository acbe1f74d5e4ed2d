// Counts down under a text field: <p data-counts="field" data-left="{n} characters left">.
// Without it the paragraph says the most there is room for.
for (const counter of document.querySelectorAll("[data-counts]")) {
  const field = document.getElementById(counter.dataset.counts);
  const count = () => {
    counter.textContent = counter.dataset.left.replace("{n}", field.maxLength - field.value.length);
  };
  field.addEventListener("input", count);
  if (field.value) count();
}

// Takes a step of a long form in place: the page does not jump, and the keyboard stays where it was.
// Without this script each step is a form post and a new page.
"use strict";

const parts = () => Array.from(document.querySelectorAll("main section[id], main li[id]"));

async function step(form, button) {
  const sent = new FormData(form, button);
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(sent) });
  const here = new URL(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("main");
  // Another page (the form of a new question, a sign-in): go there.
  if (here.pathname !== location.pathname || !main) return location.assign(answer.url);
  const place = button.getBoundingClientRect().top;
  const known = new Set(parts().map((part) => part.id));
  document.querySelector("main").replaceChildren(...main.childNodes);
  history.replaceState(null, "", here);
  // What the step has made, a page or a copy, is where the person goes on; else where they were.
  const made = parts().find((part) => !known.has(part.id));
  const same = document.querySelector(`main button[name="${button.name}"][value="${CSS.escape(button.value)}"]`);
  const target = made ?? same ?? document.querySelector("main h1");
  if (target !== same) target.tabIndex = -1;
  target.focus({ preventScroll: target === same });
  if (target === same) scrollBy(0, same.getBoundingClientRect().top - place);
}

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-steps]") || !event.submitter) return;
  event.preventDefault();
  const { target, submitter } = event;
  // When the network is away the browser's own page says so.
  step(target, submitter).catch(() => {
    const own = document.createElement("input");
    Object.assign(own, { type: "hidden", name: submitter.name, value: submitter.value });
    target.append(own);
    target.submit();
  });
});

// Keeps a part of a page up to date from server-sent events: <div data-live="/path">.
// Without it, or when the events stop coming, the page shows the same after a reload.
"use strict";
for (const part of document.querySelectorAll("[data-live]")) {
  new EventSource(part.dataset.live).addEventListener("message", (event) => {
    const fresh = new DOMParser().parseFromString(event.data, "text/html").body;
    // What somebody has unfolded stays so.
    for (const open of part.querySelectorAll("details[open][id]")) {
      fresh.querySelector(`#${open.id}`)?.setAttribute("open", "");
    }
    part.replaceChildren(...fresh.childNodes);
  });
}

// A part that waits for work of the server (<div data-waits>) is asked for again until the page has none, which is then
// shown. Without it there is a button.
async function again(part) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, redirect: "error" });
  if (answer.ok) {
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-waits]");
    if (!fresh) return location.replace(location.href);
    part.replaceChildren(...fresh.childNodes);
  }
  setTimeout(again, 1000, part);
}
const waits = document.querySelector("[data-waits]");
if (waits) setTimeout(again, 500, waits);

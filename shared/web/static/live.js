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

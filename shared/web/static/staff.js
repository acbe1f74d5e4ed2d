// Puts each service's own card into the staff home. Without this script, or with a service down, the card stays a link.
"use strict";
const todo = document.querySelector("[data-todo]");
const nothing = document.querySelector("[data-nothing]");
for (const card of document.querySelectorAll("[data-card]")) {
  fetch(card.dataset.card, { headers: { Accept: "text/html" }, redirect: "error" })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(String(answer.status)))))
    .then((html) => {
      const fragment = new DOMParser().parseFromString(html, "text/html");
      for (const item of fragment.querySelectorAll("[data-todo-item]")) {
        todo.append(item);
        nothing.hidden = true;
      }
      card.querySelector("[data-content]").replaceChildren(...fragment.body.childNodes);
    })
    .catch(() => card.classList.add("panel-card--away"));
}

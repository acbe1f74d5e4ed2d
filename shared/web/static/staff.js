// Puts what another service makes into a page: cards into the staff home, mails into the pages that ask before sending.
// Without this script, or with a service down, each stays a link.
"use strict";
const todo = document.querySelector("[data-todo]");

async function fill(card) {
  // A form instead of a link: what it asks with must not stand in an address.
  const form = card.querySelector("form");
  const asked = form ? { method: "POST", body: new URLSearchParams(new FormData(form)) } : {};
  card.ariaBusy = "true";
  const answer = await fetch(card.dataset.card, { ...asked, headers: { Accept: "text/html" }, redirect: "error" })
    .finally(() => { card.ariaBusy = null; });
  if (!answer.ok) throw new Error(String(answer.status));
  const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
  todo?.append(...fragment.querySelectorAll("[data-todo-item]"));
  const content = card.querySelector("[data-content]");
  content.replaceChildren(...fragment.body.childNodes);
  // What another service put in may leave a place for what a third one makes: the questions, and below them the mail.
  await Promise.allSettled(Array.from(content.querySelectorAll("[data-card]"), fill));
}

Promise.allSettled(Array.from(document.querySelectorAll("[data-card]"), fill)).then((cards) => {
  if (!todo) return;
  // What has waited longest or must be done first stands first; what has no date stands last.
  const ordered = [...todo.children].sort((one, other) => (one.dataset.on ?? "z").localeCompare(other.dataset.on ?? "z"));
  todo.append(...ordered);
  // Only when every card has answered is it known that nothing waits.
  const away = cards.some((card) => card.status === "rejected");
  document.querySelector("[data-looking]").hidden = true;
  document.querySelector("[data-away]").hidden = !away;
  document.querySelector("[data-nothing]").hidden = away || todo.children.length > 0;
});

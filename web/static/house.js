// The pages work without this file; it adds dropping, progress and live news.
// Every sentence shown comes from the page itself (data attributes, server-made parts).

import { watch } from "/static/live.js";
import { prepareSending } from "/static/send.js";

/** Copies the text of the button that was pressed. */
async function copy(button) {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.classList.add("did");
  setTimeout(() => button.classList.remove("did"), 1400);
}

/** Lights up an item's place on the photo and its row in the table, wherever the pointer is. */
function lightItem(target) {
  const number = target.closest("[data-item]")?.dataset.item;
  for (const part of document.querySelectorAll("[data-item]")) {
    part.classList.toggle("lit", part.dataset.item === number);
  }
}

/** Says below the photo how the word under the pointer was read. */
function sayWord(target) {
  const caption = document.querySelector("figcaption");
  if (!caption) return;
  if (target.dataset?.said === undefined) {
    caption.textContent = caption.dataset.hint;
    return;
  }
  const word = document.createElement("strong");
  word.textContent = target.dataset.said;
  caption.replaceChildren(word, ` · ${target.dataset.sure}`);
}

/** Leads to a field of this page that a button of the chat stands for, and opens what hides it. */
function leadTo(event, field) {
  if (!field) return;
  event.preventDefault();
  field.closest("details")?.setAttribute("open", "");
  document.querySelector("#send").scrollIntoView({ block: "nearest" });
  field.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const button = event.target.closest(".copy");
  if (button) copy(button);
  const link = event.target.closest(".phone a[href^='/intake#']");
  if (link) leadTo(event, document.querySelector(link.hash));
});
document.addEventListener("pointerover", (event) => {
  if (!(event.target instanceof Element)) return;
  lightItem(event.target);
  if (event.target.closest(".frame")) sayWord(event.target);
});
window.addEventListener("popstate", () => location.reload());

prepareSending();
watch();

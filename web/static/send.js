// Sending a photo: drop or choose, see it, send it with progress, land on the receipt's page.

import { watch } from "/static/live.js";

const PREVIEW_PIXELS = 900; // as wide as the page ever shows it

/** Makes the form of this page, if it has one, work by dropping and with progress. */
export function prepareSending() {
  const form = document.querySelector("#send");
  if (!form) return;
  const drop = form.querySelector(".drop");
  let photo = null;

  const choose = async (file) => {
    if (!file) return;
    photo = file;
    hideTrouble(form);
    showChosen(form, file);
    if (mayGo(form)) send(form, photo);
  };
  for (const input of form.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => choose(input.files[0]));
  }
  consentOf(form)?.addEventListener("change", (event) => {
    if (event.target.checked) event.target.closest(".consent").classList.remove("missing");
    if (photo) sayChosen(form, photo);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    photo ??= pickedBefore(form);
    if (!photo) return showTrouble(form, form.dataset.emptyTitle, form.dataset.emptyTodo);
    send(form, photo);
  });
  acceptDrops(drop, choose);
  window.addEventListener("paste", (event) => choose(event.clipboardData?.files[0]));
}

/** Returns the box to tick, or null where consent was given before. */
function consentOf(form) {
  return form.querySelector("[name=consent]");
}

/** Returns a photo that was picked before this script ran, or that the browser remembers. */
function pickedBefore(form) {
  const inputs = [...form.querySelectorAll("input[type=file]")];
  return inputs.map((input) => input.files[0]).find(Boolean) ?? null;
}

function acceptDrops(drop, choose) {
  for (const kind of ["dragenter", "dragover"]) {
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("over");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files[0]);
  });
}

/** A photo goes at once when consent is given; else the eye is led to the consent. */
function mayGo(form) {
  const consent = consentOf(form);
  if (!consent || consent.checked) return true;
  consent.closest(".consent").classList.add("missing");
  consent.focus();
  return false;
}

async function showChosen(form, file) {
  sayChosen(form, file);
  const canvas = await drawn(file);
  if (canvas) form.querySelector(".drop-sign").replaceChildren(canvas);
  const consent = consentOf(form);
  if (consent && !consent.checked) consent.closest(".consent").scrollIntoView({ block: "nearest" });
}

/** Says which photo was chosen, and what is still missing before it can go. */
function sayChosen(form, file) {
  const chosen = form.querySelector(".chosen");
  const words = form.dataset.chosen.replace("{name}", file.name);
  const missing = consentOf(form)?.checked === false;
  chosen.textContent = missing ? `${words}. ${form.dataset.needConsent}` : words;
  chosen.hidden = false;
}

/** Returns the photo on a canvas, or null for a format this browser cannot show. */
async function drawn(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const share = Math.min(1, PREVIEW_PIXELS / bitmap.width);
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * share);
    canvas.height = Math.round(bitmap.height * share);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return canvas;
  } catch {
    return null;
  }
}

function send(form, photo) {
  if (!mayGo(form)) return;
  if (photo.size > Number(form.dataset.bytesMax)) {
    return showTrouble(form, form.dataset.tooLargeTitle, form.dataset.tooLargeTodo);
  }
  hideTrouble(form);
  const body = new FormData(form);
  body.delete("photo");
  body.append("photo", photo, "photo");
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "json";
  request.upload.onprogress = (event) => showProgress(form, event);
  request.onerror = () => showTrouble(form, form.dataset.offline, "");
  request.onload = () => arrived(form, request, photo);
  setBusy(form, true);
  request.send(body);
}

async function arrived(form, request, photo) {
  setBusy(form, false);
  const said = request.response ?? {};
  if (request.status !== 201) {
    return showTrouble(form, said.title ?? form.dataset.offline, said.todo ?? "");
  }
  const answer = await fetch(said.url, { headers: { Accept: "text/html" } });
  if (!answer.ok) return location.assign(said.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  history.pushState(null, "", said.url);
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.querySelector("main").focus({ preventScroll: true });
  scrollTo(0, 0);
  watch();
  await showLocally(photo);
}

/** Shows the photo we still have, until the server has read it. */
async function showLocally(photo) {
  const canvas = await drawn(photo);
  if (canvas) document.querySelector(".waiting .sheetlet")?.replaceChildren(canvas);
}

function setBusy(form, busy) {
  const button = form.querySelector("button[type=submit]");
  button.dataset.word ??= button.textContent;
  button.disabled = busy;
  if (!busy) button.textContent = button.dataset.word;
  form.querySelector("progress").hidden = !busy;
}

function showProgress(form, event) {
  const percent = event.total ? Math.round((event.loaded / event.total) * 100) : 0;
  const button = form.querySelector("button[type=submit]");
  form.querySelector("progress").value = percent;
  button.textContent = form.dataset.sending.replace("{percent}", percent);
}

function showTrouble(form, title, todo) {
  const trouble = form.querySelector(".trouble");
  trouble.querySelector("strong").textContent = title;
  trouble.querySelector("span").textContent = todo;
  trouble.hidden = false;
  setBusy(form, false);
}

function hideTrouble(form) {
  form.querySelector(".trouble").hidden = true;
}

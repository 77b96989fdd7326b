// Keeps a page up to date: an event says "there is news", the page's parts are fetched anew and
// only those that changed are replaced. One rendering, the server's, for both ways.

const PAUSE_MILLISECONDS = 250; // several facts in a row make one refresh

let source = null;

/** Follows the news the page asks for; forgets those of the page before. */
export function watch() {
  source?.close();
  const main = document.querySelector("main");
  if (!main?.dataset.live) return;
  const known = new Map(parts(document).map((part) => [part.dataset.part, part.outerHTML]));
  source = new EventSource(main.dataset.live);
  const opened = source;
  let waiting = null;
  const refreshSoon = () => {
    waiting ??= setTimeout(() => {
      waiting = null;
      if (opened === source) refresh(known);
    }, PAUSE_MILLISECONDS);
  };
  opened.addEventListener("news", refreshSoon);
  opened.addEventListener("end", () => {
    opened.close();
    refreshSoon();
  });
  opened.addEventListener("open", () => showLost(false));
  opened.addEventListener("error", () => showLost(true));
  window.addEventListener("pagehide", () => opened.close(), { once: true });
}

function parts(page) {
  return [...page.querySelectorAll("[data-part]")];
}

async function refresh(known) {
  const asked = location.href;
  const answer = await fetch(asked, { headers: { Accept: "text/html" } });
  if (!answer.ok || asked !== location.href) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const opened = [...document.querySelectorAll("details[open][id]")].map((part) => part.id);
  const hidesWords = document.querySelector("#show-words")?.checked === false;
  const focused = focusable(document.activeElement);
  for (const part of parts(page)) replaceChanged(part, known);
  for (const id of opened) document.getElementById(id)?.setAttribute("open", "");
  if (focused && document.activeElement === document.body) document.querySelector(focused)?.focus();
  if (hidesWords && document.querySelector("#show-words")) {
    document.querySelector("#show-words").checked = false;
  }
  say(page);
}

/** Returns how to find the focused element again once its part was replaced. */
function focusable(element) {
  if (element.id) return `#${element.id}`;
  const fact = element.closest("details[id]");
  if (fact) return `#${fact.id} > summary`;
  const address = element.getAttribute("href");
  return address && `a[href="${CSS.escape(address)}"]`;
}

function replaceChanged(part, known) {
  const name = part.dataset.part;
  const html = part.outerHTML;
  if (known.get(name) === html) return;
  known.set(name, html);
  const old = document.querySelector(`[data-part="${name}"]`);
  if (old && "rows" in part.dataset) replaceRows(old, part);
  else old?.replaceWith(document.adoptNode(part));
}

/** Replaces the rows that changed and adds those that are new: a log is read out as it grows. */
function replaceRows(old, part) {
  const wanted = [...part.children];
  for (const row of [...old.children]) {
    if (!wanted.some((each) => each.id === row.id)) row.remove();
  }
  for (const row of wanted) {
    const there = document.getElementById(row.id);
    const html = row.outerHTML;
    if (!there) old.append(document.adoptNode(row));
    else if (there.outerHTML !== html) there.replaceWith(document.adoptNode(row));
  }
}

/** Tells a screen reader what became of the receipt. */
function say(page) {
  document.title = page.title;
  if (document.querySelector("main").dataset.page === "receipt") {
    const said = document.querySelector("#said");
    const verdict = document.querySelector("h1").textContent;
    if (said.textContent !== verdict) said.textContent = verdict;
  }
}

function showLost(lost) {
  const pulse = document.querySelector(".pulse");
  if (!pulse) return;
  const words = pulse.querySelector("span");
  words.dataset.live ??= words.textContent;
  pulse.classList.toggle("lost", lost);
  words.textContent = lost ? words.dataset.lost : words.dataset.live;
}

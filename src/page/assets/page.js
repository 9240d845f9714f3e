"use strict";
// Pages work without this: it only reads them again when something has changed, counts the seconds of what runs, copies, and
// filters while somebody types.

const main = document.getElementById("main");
const announcer = document.getElementById("announcer");
const badge = document.getElementById("live");

// ---- What is live ----

// Not more often than this, however much happens.
const SHORTEST_PAUSE = 400;
let events = null;
let refreshing = false;
let again = false;

function connect() {
  const url = main.dataset.live;
  // A browser has few connections for a host, so a page that nobody sees gives its own back.
  if (!url || document.hidden) return disconnect();
  if (events) return;
  events = new EventSource(url);
  events.onopen = () => { badge.hidden = false; };
  events.onmessage = refresh;
  events.onerror = () => {
    badge.hidden = true;
    // One that ended is not opened again by the browser.
    if (events && events.readyState === EventSource.CLOSED) {
      disconnect();
      setTimeout(connect, 3000);
    }
  };
}

function disconnect() {
  if (events) events.close();
  events = null;
  badge.hidden = true;
}

async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  again = false;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
    // What is gone says so.
    if (response.ok || response.status === 404) {
      const read = new DOMParser().parseFromString(await response.text(), "text/html");
      const fresh = read.getElementById("main");
      if (fresh) {
        const before = said();
        morph(main, fresh);
        showButtons();
        document.title = read.title;
        if (said() !== before) announcer.textContent = said();
        since = performance.now();
        if (!main.dataset.live) disconnect();
      }
    }
  } catch { /* The next event tries again. */ }
  setTimeout(() => {
    refreshing = false;
    if (again) refresh();
  }, SHORTEST_PAUSE);
}

// What is worth saying aloud.
function said() {
  const element = main.querySelector("[data-said]");
  return element ? element.textContent.trim() : "";
}

// ---- Making one tree like another, so that what has the focus, what is open and what is scrolled stays ----

function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName || key(from) !== key(to)) {
    from.replaceWith(document.importNode(to, true));
    return;
  }
  if (from.nodeType !== Node.ELEMENT_NODE) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  // What somebody types into stays as it is.
  if (from.hasAttribute("data-kept") || from.matches("textarea, select, input")) return;
  attributes(from, to);
  const olds = [...from.childNodes];
  const known = new Map();
  for (const old of olds) if (key(old)) known.set(key(old), old);
  let at = from.firstChild;
  for (const fresh of [...to.childNodes]) {
    const name = key(fresh);
    const match = name ? known.get(name) : at && !key(at) && at.nodeName === fresh.nodeName ? at : null;
    if (!match) {
      from.insertBefore(document.importNode(fresh, true), at);
      continue;
    }
    if (match === at) at = at.nextSibling;
    else from.insertBefore(match, at);
    morph(match, fresh);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function key(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.id || node.dataset?.key || "" : "";
}

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && name !== "open") from.removeAttribute(name);
  }
  for (const { name, value } of [...to.attributes]) {
    if (from.getAttribute(name) !== value && !(name === "open" && from.nodeName === "DETAILS")) from.setAttribute(name, value);
  }
}

// ---- The seconds of what runs ----

let since = performance.now();

function duration(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  const units = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = units.findIndex(([size]) => seconds >= size);
  const [size, name] = units[first];
  const [small, rest] = units[Math.min(first + 1, 3)];
  return `${Math.floor(seconds / size)} ${name} ${Math.floor((seconds % size) / small)} ${rest}`;
}

setInterval(() => {
  if (document.hidden) return;
  const passed = performance.now() - since;
  for (const element of document.querySelectorAll("[data-running]")) {
    element.textContent = duration(Number(element.dataset.running) + passed);
  }
}, 500);

// ---- Copying, and filters that need no button ----

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copies]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copies)?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
    announcer.textContent = "Copied";
    const before = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = before; }, 1500);
  } catch {
    announcer.textContent = "The browser does not allow copying. Select the text instead.";
  }
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filters");
  if (form && event.target.matches("select")) form.requestSubmit();
});

// Without a script they do nothing, so they come hidden.
function showButtons() {
  for (const button of document.querySelectorAll("button[data-copies]")) button.hidden = false;
}

showButtons();
document.addEventListener("visibilitychange", connect);
connect();

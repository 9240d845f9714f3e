"use strict";
// Pages work without this: it only reads them again when something has changed, counts how long something runs or is over, copies, and
// filters while somebody types.

const main = document.getElementById("main");
const announcer = document.getElementById("announcer");
const badge = document.getElementById("live");

// ---- What is live ----

// Not more often than this, however much happens.
const SHORTEST_PAUSE = 400;
// Between two looks of a page without a stream.
const PAUSE = 3000;
// A browser has six connections for a host, so all its windows together have no more streams than this.
const STREAMS = 4;
const GONE = "The connection to txflow is lost, so this page may be out of date. The page keeps trying. If txflow was started again, open the URL that it has printed.";

const lost = document.getElementById("lost");
let events = null;
// Gives the place of the stream to another window.
let leave = null;
let entering = false;
let timer = null;
let refreshing = false;
let again = false;
// Whether what is shown may be out of date. Then nothing counts on.
let old = false;

async function connect() {
  clearTimeout(timer);
  // A page that nobody sees gives its place back.
  if (main.hasAttribute("data-again") && !document.hidden) return look();
  if (!main.dataset.live || document.hidden) return disconnect();
  if (events || entering) return;
  entering = true;
  leave = await enter();
  entering = false;
  if (!main.dataset.live || document.hidden) return disconnect();
  if (!leave) return look();
  events = new EventSource(main.dataset.live);
  events.onopen = () => { if (old) refresh(); else badge.hidden = false; };
  events.onmessage = refresh;
  events.addEventListener("failed", (event) => isOld(`This page is not up to date: ${event.data}`));
  events.onerror = () => {
    if (!events) return;
    // One that ended is not opened again by the browser.
    if (events.readyState !== EventSource.CLOSED) return isOld(GONE);
    disconnect();
    look();
  };
}

function disconnect() {
  if (events) events.close();
  events = null;
  if (leave) leave();
  leave = null;
  badge.hidden = true;
}

// Takes a place for a stream, and gives the function that leaves it; nothing if other windows have all.
function enter() {
  if (!navigator.locks) return () => {};
  return new Promise((entered) => {
    const ask = (number) => {
      if (number === STREAMS) return entered(null);
      return navigator.locks.request(`txflow stream ${number}`, { ifAvailable: true }, (place) => {
        if (!place) { ask(number + 1); return undefined; }
        return new Promise((left) => entered(left));
      });
    };
    ask(0);
  });
}

// Reads the page without having heard of a change, and goes on so until there is a stream.
function look() {
  refresh();
  clearTimeout(timer);
  timer = setTimeout(connect, PAUSE);
}

function isOld(why) {
  badge.hidden = true;
  if (old && lost.textContent === why) return;
  old = true;
  lost.textContent = why;
  lost.hidden = false;
  announcer.textContent = why;
}

function isNew() {
  badge.hidden = !main.dataset.live;
  if (!old) return;
  old = false;
  lost.hidden = true;
  announcer.textContent = "This page is up to date again.";
}

async function refresh() {
  if (refreshing) { again = true; return; }
  refreshing = true;
  again = false;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" }, redirect: "error" });
    const read = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = read.getElementById("main");
    // What is gone says so. An error that is over is another page, with another bar above it.
    if (main.hasAttribute("data-again")) {
      if (response.ok) location.reload();
      else if (fresh) morph(main, fresh);
    } else if (fresh && (response.ok || response.status === 404)) {
      const before = said();
      morph(main, fresh);
      showButtons();
      document.title = read.title;
      if (said() !== before) announcer.textContent = said();
      since = performance.now();
      isNew();
      if (!main.dataset.live) disconnect();
    } else {
      const why = fresh?.querySelector(".problem");
      isOld(why ? `This page is not up to date: ${why.textContent.trim()}` : GONE);
    }
  } catch { isOld(GONE); }
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

// ---- How long something runs, or is over ----

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

// In the largest unit, like the page itself.
function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  const units = [[172800, 86400, "days"], [3600, 3600, "h"], [60, 60, "min"], [0, 1, "s"]];
  const [, size, name] = units.find(([least]) => seconds >= least) ?? [0, 1, "s"];
  return `${Math.floor(seconds / size)} ${name} ago`;
}

setInterval(() => {
  if (document.hidden || old) return;
  const passed = performance.now() - since;
  for (const element of document.querySelectorAll("[data-running]")) {
    element.textContent = duration(Number(element.dataset.running) + passed);
  }
  for (const element of document.querySelectorAll("[data-ago]")) {
    const text = ago(Number(element.dataset.ago) + passed);
    if (element.textContent !== text) element.textContent = text;
  }
}, 500);

// ---- Graphs that are wider than their room ----

// Shows what failed or runs, or else the start.
for (const picture of document.querySelectorAll(".picture")) {
  const of = picture.querySelector(".state.failed, .state.running") ?? picture.querySelector(".state");
  if (!of || picture.scrollWidth <= picture.clientWidth) continue;
  const [around, inside] = [picture.getBoundingClientRect(), of.getBoundingClientRect()];
  picture.scrollLeft = inside.left - around.left - (picture.clientWidth - inside.width) / 2;
}

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

// With the keyboard each choice on the way to another one is a change, so there the button sends it.
let pointed = false;
document.addEventListener("pointerdown", () => { pointed = true; }, true);
document.addEventListener("keydown", () => { pointed = false; }, true);
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filters");
  if (form && pointed && event.target.matches("select")) form.requestSubmit();
});

// Without a script they do nothing, so they come hidden.
function showButtons() {
  for (const button of document.querySelectorAll("button[data-copies]")) button.hidden = false;
}

showButtons();
document.addEventListener("visibilitychange", connect);
connect();

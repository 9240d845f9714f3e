// What all scripts share: a browser that notes whatever must not happen, and the ways to look at a page.
//
// `GIVEN` is the JSON document that the test gives: `url` of the page, with its token, and more.

import { createRequire } from 'node:module';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const require = createRequire(`${process.env.TXFLOW_BROWSER}/`);
const { chromium } = require('playwright-core');
const axe = require('axe-core').source;

export const given = JSON.parse(process.env.GIVEN);
export const origin = new URL(given.url).origin;
// Where all pages of this start are.
const exchanged = await fetch(given.url, { redirect: 'manual' });
export const home = origin + exchanged.headers.get('location').replace(/\/$/, '');
// What takes longer hangs, also on a busy machine.
export const patience = 60_000;

const complaints = [];

export function complain(text) {
  complaints.push(text);
}

export function check(truth, text) {
  if (!truth) throw new Error(text);
}

export function same(found, expected, what) {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  check(a === b, `${what}: ${a} is not ${b}`);
}

// Runs a script with a browser, and says in the end what must not have happened.
export async function run(script) {
  const executablePath = process.env.PATH.split(':').map(folder => path.join(folder, 'chromium')).find(existsSync);
  check(executablePath, '`chromium` is installed');
  const browser = await chromium.launch({
    executablePath,
    chromiumSandbox: false,
    args: ['--disable-quic', '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  try {
    await script(browser);
  } catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length) process.exitCode = 1;
}

// A window of its own, which has opened the URL that txflow printed unless `stranger` is set.
export async function open(browser, { scheme = 'light', width = 1280, height = 800, script = true, stranger = false } = {}) {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height },
    javaScriptEnabled: script,
    reducedMotion: 'reduce',
  });
  context.setDefaultTimeout(patience);
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  if (!stranger) {
    watch(page);
    await page.goto(given.url);
  }
  return page;
}

// No request leads elsewhere, and the console of the browser stays empty.
function watch(page) {
  page.on('request', request => {
    const url = new URL(request.url());
    if (url.origin !== origin || !(`${url}`.startsWith(`${home}/`) || `${url}` === given.url)) complain(`${page.url()}: a request to ${url}`);
  });
  page.on('console', message => {
    if (message.type() === 'error' && !page.checked) complain(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', error => complain(`${page.url()}: ${error}`));
}

// What axe finds wrong. It adds styles of its own, which the policy of the page refuses, so the console is not heard then.
export async function accessible(page, what) {
  page.checked = true;
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  for (const { id, help, nodes } of found.violations) {
    const where = nodes.slice(0, 3).map(node => `  ${node.target.join(' ')}\n    ${node.html.slice(0, 200)}\n    ${node.failureSummary}`);
    complain(`${what}: ${id}: ${help}\n${where.join('\n')}`);
  }
  page.checked = false;
}

// The page does not scroll sideways.
export async function fits(page, what) {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return null;
    const scrolls = element => element && (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const out = [...document.body.querySelectorAll('*')].filter(element => element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement));
    return out.slice(0, 3).map(element => element.outerHTML.slice(0, 150));
  });
  if (wide) complain(`${what}: wider than the window:\n  ${wide.join('\n  ')}`);
}

// All pages that links lead to from here, each once: what is in a place of the path counts, and not what is behind `?`, unless it
// is the only way.
export async function crawl(page, most = 80) {
  const seen = new Set();
  const found = [];
  const waiting = [new URL(page.url()).pathname];
  while (waiting.length && found.length < most) {
    const target = waiting.shift();
    const kind = decodeURI(target.split('?')[0]);
    if (seen.has(kind)) continue;
    seen.add(kind);
    const answer = await page.goto(origin + target);
    if (answer.status() !== 200) complain(`${target}: ${answer.status()}`);
    found.push(target);
    const links = await page.$$eval('a[href]', links => links.map(link => new URL(link.getAttribute('href'), location.href).href));
    for (const link of links) {
      const url = new URL(link);
      if (!link.startsWith(`${home}/`)) complain(`${target}: a link to ${url}`);
      else waiting.push(url.pathname + url.search);
    }
  }
  return found;
}

// Runs txflow in the project of the test. Gives its exit code and what it printed.
export function txflow(...words) {
  return new Promise(done => {
    execFile(given.txflow, words, { cwd: given.project, timeout: 300_000 }, (error, stdout, stderr) => {
      done({ code: error ? error.code : 0, stdout, stderr });
    });
  });
}

// A page of another site, in the browser of somebody who uses this one: it gets nothing and changes nothing.

import http from 'node:http';
import { check, complain, given, home, open, origin, patience, run, same } from './browser.mjs';

const there = new URL(home);
// Even for one that knows where the pages are.
const place = there.pathname;
const paths = given.paths.map(path => place + path);

// Serves an empty page, on which the attacks are made.
const site = http.createServer((request, response) => {
  // What a browser sends to this page it sends to no other server of this machine.
  if (request.headers.cookie) complain(`another server got ${request.headers.cookie}`);
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html><title>elsewhere</title>');
});
await new Promise(done => site.listen(0, '127.0.0.1', done));
const port = site.address().port;

// Each gives what it got: `nothing`, or something.
const attacks = async ({ base, paths, form }) => {
  const limited = work => Promise.race([work, new Promise(end => setTimeout(() => end('nothing (hangs)'), 10_000))]);
  const frame = url => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.onload = () => {
      // What may be read of it is only what is not of the site.
      let read = '';
      try { read = frame.contentDocument?.body?.textContent ?? ''; } catch { /* another origin */ }
      done(read ? `read ${read.slice(0, 50)}` : 'nothing');
    };
    frame.src = url;
    document.body.append(frame);
  });
  const posted = (url, fields) => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.name = `f${Math.random()}`;
    document.body.append(frame);
    const form = document.createElement('form');
    Object.assign(form, { method: 'POST', action: url, target: frame.name });
    for (const [name, value] of Object.entries(fields)) {
      const input = document.createElement('input');
      Object.assign(input, { name, value });
      form.append(input);
    }
    document.body.append(form);
    frame.onload = () => done('nothing');
    form.submit();
  });
  const all = {};
  for (const path of paths) {
    const url = base + path;
    const body = new URLSearchParams(form);
    const tried = {
      fetch: () => fetch(url, { credentials: 'include' }).then(async answer => `read ${(await answer.text()).slice(0, 50)}`, () => 'nothing'),
      blind: () => fetch(url, { credentials: 'include', mode: 'no-cors' }).then(async answer => (await answer.text()) || 'nothing', () => 'nothing'),
      post: () => fetch(url, { method: 'POST', credentials: 'include', mode: 'no-cors', body }).then(() => 'nothing', () => 'nothing'),
      beacon: async () => { navigator.sendBeacon(url, body); return 'nothing'; },
      form: () => posted(url, form),
      events: () => new Promise(done => {
        const events = new EventSource(url, { withCredentials: true });
        events.onopen = events.onmessage = () => done('opened');
        events.onerror = () => { events.close(); done('nothing'); };
      }),
      socket: () => new Promise(done => {
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = () => done('opened');
        socket.onerror = () => done('nothing');
      }),
      script: () => new Promise(done => {
        const script = document.createElement('script');
        script.onload = () => done('loaded');
        script.onerror = () => done('nothing');
        script.src = url;
        document.head.append(script);
      }),
      image: () => new Promise(done => {
        const image = new Image();
        image.onload = () => done('loaded');
        image.onerror = () => done('nothing');
        image.src = url;
      }),
      frame: () => frame(url),
    };
    for (const [name, attack] of Object.entries(tried)) {
      const got = await limited(attack());
      if (!got.startsWith('nothing')) all[`${name} ${path}`] = got;
    }
    const opened = window.open(url);
    await new Promise(end => setTimeout(end, 500));
    let read = '';
    try { read = opened?.document?.body?.textContent ?? ''; } catch { /* another origin */ }
    if (read) all[`window ${path}`] = read;
    opened?.close();
  }
  return all;
};

await run(async browser => {
  const page = await open(browser);
  const form = await page.goto(home + given.form).then(() => page.$eval('input[name=form]', field => field.value));
  check(form.length > 20, `the token of forms is ${form}`);
  const rows = async () => {
    await page.goto(home + given.list);
    return page.locator('main tbody tr').count();
  };
  const before = await rows();

  const context = page.context();
  for (const host of ['127.0.0.1', 'localhost', 'evil.example']) {
    const stranger = await context.newPage();
    await stranger.goto(`http://${host}:${port}/`);
    for (const base of [origin, `http://localhost:${there.port}`, `http://evil.example:${there.port}`]) {
      // Even with the token of a form, which no other page can know.
      const fields = { form, input: '{}', name: 'forged' };
      const got = await stranger.evaluate(attacks, { base, paths, form: fields });
      same(got, {}, `from ${host} at ${base}`);
    }
    await stranger.close();
  }
  // Nor if somebody goes to it.
  for (const path of ['/', '/dev/executions', '/favicon.ico']) {
    const elsewhere = await context.newPage();
    await elsewhere.goto(`http://127.0.0.1:${port}${path}`);
    await elsewhere.close();
  }
  same(await rows(), before, 'the rows of the list');

  // A name that leads here is not served, whoever asks, and neither is the token of another start.
  const rebound = await context.newPage();
  for (const target of [place + given.list, new URL(given.url).pathname + new URL(given.url).search, `${place}/-/page.js`]) {
    const answer = await rebound.goto(`http://evil.example:${there.port}${target}`);
    same(answer.status(), 403, `a foreign name at ${target}`);
  }
  const stranger = await open(browser, { stranger: true });
  for (const [target, status] of [[place + given.list, 401], [given.list, 401], ['/?token=0', 403], [`${place}/-/page.js`, 401]]) {
    const answer = await stranger.goto(origin + target);
    same(answer.status(), status, `without a cookie at ${target}`);
    check(!(await answer.text()).includes('<'), `a page at ${target}`);
  }
  // The cookie is out of reach for scripts, and is sent by no other page.
  const [cookie] = await context.cookies(`${home}/`);
  same([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', `${place}/`], 'the cookie');
});
site.closeAllConnections();
site.close();

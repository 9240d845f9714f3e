// Texts that would like to be markup, in every field that a page shows: they stay text.

import { complain, crawl, fits, given, open, origin, run, same } from './browser.mjs';

await run(async browser => {
  const page = await open(browser, { width: 360 });
  await page.addInitScript(() => {
    window.alert = window.confirm = window.prompt = () => { window.hit = 'a dialog'; };
  });
  const pages = await crawl(page, 120);
  const shown = new Set();
  for (const target of pages) {
    await page.goto(origin + target);
    await page.$$eval('details', all => all.forEach(details => { details.open = true; }));
    await fits(page, target);
    const { hit, scripts, odd, text } = await page.evaluate(() => ({
      hit: window.hit,
      scripts: [...document.scripts].map(script => script.getAttribute('src')),
      // Only what a text would have to make to be obeyed.
      odd: [...document.querySelectorAll('img, iframe, object, embed, base, style, [style], [onerror], [onload], [onclick], a[href^="javascript:"], a[href^="data:"], meta[http-equiv]')].map(element => element.outerHTML.slice(0, 120)),
      text: document.body.textContent + [...document.querySelectorAll('textarea, input')].map(field => field.value).join('\n'),
    }));
    if (hit) complain(`${target}: the text was obeyed: ${hit}`);
    if (scripts.length !== 1) complain(`${target}: scripts ${scripts}`);
    if (odd.length) complain(`${target}: ${odd.join('\n')}`);
    // What turns text around or is not seen does not reach the page as it is.
    const acts = text.match(/[\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f\u2028\u2029\u0000-\u0008\u001b\u007f-\u009f]/u);
    if (acts) complain(`${target}: U+${acts[0].codePointAt(0).toString(16)} is in it`);
    for (const mark of given.marks) if (text.includes(mark)) shown.add(mark);
  }
  // Else this would hold nothing.
  same(given.marks.filter(mark => !shown.has(mark)), [], `not shown on ${pages.join(' ')}`);
});

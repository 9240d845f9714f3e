// Every page that a link leads to, in both schemes, on a phone and on a desk, and without a script.

import { accessible, check, complain, crawl, fits, given, open, origin, run } from './browser.mjs';

await run(async browser => {
  const page = await open(browser);
  const pages = await crawl(page);
  for (const part of given.parts) {
    check(pages.some(target => target.includes(part)), `no page of ${part} among ${pages.join(' ')}`);
  }
  for (const [scheme, width] of [['light', 1280], ['dark', 360], ['dark', 3840]]) {
    const page = await open(browser, { scheme, width });
    for (const target of pages) {
      await page.goto(origin + target);
      const what = `${target} in ${scheme}, ${width} px`;
      await fits(page, what);
      if (width < 2000) await accessible(page, what);
      const ground = await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      const dark = ground.match(/\d+/g).slice(0, 3).every(part => Number(part) < 64);
      if (dark !== (scheme === 'dark')) complain(`${what}: the ground is ${ground}`);
    }
  }

  // Whoever has no script reads the same.
  const reader = await open(browser, { script: false });
  for (const target of pages) {
    const texts = async page => {
      await page.goto(origin + target);
      const text = await page.locator('main').evaluate(main => main.textContent);
      // What is counted from now on.
      return text.replace(/[\d.]+ (min|s|h|d)( \d+ (min|s|h))?/g, 'N').replace(/\s+/g, ' ').trim();
    };
    const [without, withScript] = [await texts(reader), await texts(page)];
    if (without !== withScript) complain(`${target} says without a script:\n${without}\nand with one:\n${withScript}`);
  }
  console.log(JSON.stringify({ pages }));
});

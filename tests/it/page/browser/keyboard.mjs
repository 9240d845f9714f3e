// Nothing but keys.

import { check, complain, given, home, open, run, same } from './browser.mjs';

// Presses Tab until this has the focus, which must be seen on everything in between.
async function tab(page, target) {
  for (let pressed = 0; pressed < 150; pressed += 1) {
    if (await target.evaluate(element => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
    const unseen = await page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body) return null;
      const { outlineStyle, outlineWidth } = getComputedStyle(focused);
      // Boxes of a picture become thicker.
      const box = focused.closest('svg') && focused.querySelector('.box');
      const seen = (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || (box && parseFloat(getComputedStyle(box).strokeWidth) >= 3);
      return seen ? null : focused.outerHTML.slice(0, 120);
    });
    if (unseen) complain(`${page.url()}: the focus is not seen on ${unseen}`);
  }
  throw new Error(`${page.url()}: ${target} cannot be reached`);
}

await run(async browser => {
  const page = await open(browser);
  await page.goto(`${home}/dev/executions`);
  await page.keyboard.press('Tab');
  same(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content', 'what comes first');
  await page.keyboard.press('Enter');
  same(await page.evaluate(() => document.activeElement.id), 'main', 'where it leads');

  // A choice is not sent on the way to the next one.
  const machine = page.getByLabel('State machine');
  await tab(page, machine);
  for (let pressed = 0; pressed < 2; pressed += 1) await page.keyboard.press('ArrowDown');
  await tab(page, page.getByRole('button', { name: 'Filter' }));
  same(new URL(page.url()).search, '', 'what was looked for before the button was pressed');
  await page.keyboard.press('Enter');
  await page.waitForURL(url => url.searchParams.get('machine') === 'orders-dev-again');
  await page.goto(`${home}/dev/executions`);

  const failed = page.getByRole('row').filter({ hasText: 'FAILED' }).getByRole('link').first();
  await tab(page, failed);
  await page.keyboard.press('Enter');
  const again = page.getByRole('link', { name: 'Run again from a state' });
  await again.waitFor();
  await tab(page, again);
  await page.keyboard.press('Enter');
  const input = page.getByLabel('Input (JSON)');
  await input.waitFor();
  const had = JSON.parse(await input.inputValue());
  await tab(page, input);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(JSON.stringify({ ...had, fail: false }));
  await tab(page, page.getByRole('button', { name: 'Run again' }));
  await page.keyboard.press('Enter');
  await page.locator('main h1 .badge').filter({ hasText: 'SUCCEEDED' }).waitFor();

  // All of the other sections, and what is in them.
  for (const [section, inside] of [['Workflow', 'since release 1'], ['Tests', null], ['Local services', 'approvals']]) {
    const link = page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: section });
    await tab(page, link);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (!inside) continue;
    await tab(page, page.getByRole('link', { name: inside }).first());
    await page.keyboard.press('Enter');
    await page.waitForURL(url => !url.pathname.endsWith(section === 'Workflow' ? '/workflow' : '/services'));
  }
});

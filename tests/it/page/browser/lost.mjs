// More windows than a browser has connections, of which each hears of what happens; and a server that cannot be reached, and then
// has gone.

import { check, given, home, open, patience, run, same, txflow } from './browser.mjs';

const WINDOWS = 8;

await run(async browser => {
  const first = await open(browser);
  // What is not reached stands in the console.
  first.checked = true;
  const windows = [first];
  while (windows.length < WINDOWS) {
    const page = await first.context().newPage();
    await page.goto(`${home}/dev/executions`, { timeout: patience });
    windows.push(page);
  }
  const started = await txflow('start', '--local', '--name', 'held', '--input', '{}');
  same(started.code, 0, `txflow start: ${started.stderr}`);
  for (const page of windows) await page.getByRole('link', { name: 'held' }).waitFor();
  for (const page of windows.slice(1)) await page.close();

  // The streams are cut, and come again.
  const page = first;
  await page.clock.install();
  const lost = page.locator('#lost');
  await page.route('**/live/**', route => route.abort());
  await page.goto(`${home}/dev/executions/orders-dev/held`);
  await lost.getByText('may be out of date').waitFor();
  check(await page.locator('#live').isHidden(), 'it is called live');
  await page.unroute('**/live/**');
  await page.clock.runFor(10_000);
  await lost.waitFor({ state: 'hidden' });
  await page.locator('#live').waitFor();

  // The server ends, and nothing counts on.
  const running = page.locator('.facts [data-running]').first();
  const counted = await running.textContent();
  await page.clock.runFor(20_000);
  check(await running.textContent() !== counted, 'the duration of what runs does not count');
  process.kill(given.server, 'SIGKILL');
  await lost.getByText('The connection to txflow is lost').waitFor();
  same((await page.locator('#announcer').textContent()).slice(0, 24), 'The connection to txflow', 'what is said aloud');
  const last = await running.textContent();
  await page.clock.runFor(60_000);
  same(await running.textContent(), last, 'the duration after the end of the server');
});

// The file that `--open` gives to a browser leads to the page.

import { check, given, run } from './browser.mjs';

await run(async browser => {
  const page = await browser.newPage();
  await page.goto(`file://${given.file}`);
  await page.waitForURL('**/dev/executions');
  check(await page.getByRole('heading', { name: 'Executions' }).isVisible(), 'the page is shown');
  check(!page.url().includes('token'), `the address is ${page.url()}`);
});

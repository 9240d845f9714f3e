// What somebody does whose handler fails: sees it happen, reads why, edits the input, runs it again from there, and keeps it as a
// test.

import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { check, given, home, open, patience, run, same, txflow } from './browser.mjs';

const status = page => page.locator('main h1 .badge');

// The page hears of it by itself: it is not loaded again.
async function becomes(page, word) {
  await page.evaluate(() => { window.loadedOnce = true; });
  await status(page).filter({ hasText: word }).waitFor({ timeout: patience });
  check(await page.evaluate(() => window.loadedOnce === true), `the page was loaded again to show ${word}`);
}

await run(async browser => {
  const page = await open(browser);
  const gate = path.join(given.project, 'gate');

  // The list hears of an execution that begins.
  await page.getByText('No executions').waitFor();
  const list = await page.context().newPage();
  await list.goto(`${home}/dev/executions`);

  await page.getByRole('link', { name: 'Start an execution…' }).click();
  const input = page.getByLabel('Input (JSON)');
  await input.fill(JSON.stringify({ order: 17, until: gate, fail: true }));
  await page.getByRole('button', { name: 'Start' }).click();
  await status(page).filter({ hasText: 'RUNNING' }).waitFor();
  await list.getByRole('row').filter({ hasText: 'RUNNING' }).waitFor();
  // The graph shows where it is.
  await page.locator('svg .state.running').filter({ hasText: 'Buy' }).first().waitFor();

  // The handler goes on, and fails.
  writeFileSync(gate, '');
  await becomes(page, 'FAILED');
  await list.getByRole('row').filter({ hasText: 'FAILED' }).waitFor();
  const why = page.getByRole('region', { name: 'Why it failed' });
  await why.getByText('Refused').first().waitFor();
  await why.getByText('the event says so').waitFor();
  const failed = page.url();

  // The state has its data and what the handler said.
  await why.getByRole('link', { name: 'Buy' }).click();
  await page.getByRole('heading', { name: 'Logs' }).waitFor();
  await page.getByText('buy revision 1 has').first().waitFor();
  await page.getByText(/definition\.asl\.json:\d+/).first().waitFor();

  // Again from there, with another input.
  await page.getByRole('link', { name: 'Run again from here' }).click();
  const edited = page.getByLabel('Input (JSON)');
  const had = JSON.parse(await edited.inputValue());
  same([had.order, had.fail], [17, true], 'the input that the state had');
  await edited.fill('{ not json');
  await page.getByRole('button', { name: 'Run again' }).click();
  await page.getByText('the input is not JSON').waitFor();
  same(await edited.inputValue(), '{ not json', 'what was typed');
  await edited.fill(JSON.stringify({ ...had, fail: false }));
  await page.getByRole('button', { name: 'Run again' }).click();
  await becomes(page, 'SUCCEEDED');
  check(page.url() !== failed, 'it is another execution');

  // Kept as a test, which passes; the page of the tests sees it run.
  await page.getByRole('button', { name: 'Copy as test' }).click();
  const block = await page.evaluate(() => navigator.clipboard.readText());
  const [, name] = block.match(/^\[tests\.([A-Z0-9_]+)\]$/m) ?? [];
  check(name, `no test in ${block}`);
  appendFileSync(path.join(given.project, 'deploy.toml'), `\n${block}\n`);
  const tests = await page.context().newPage();
  await tests.goto(`${home}/dev/tests`);
  await tests.getByText('No tests have been run yet').waitFor();
  await tests.evaluate(() => { window.loadedOnce = true; });
  const test = await txflow('test', '--local', '--type', name);
  same(test.code, 0, `txflow test: ${test.stdout}${test.stderr}`);
  await tests.getByRole('row').filter({ hasText: name }).filter({ hasText: 'passed' }).waitFor();
  check(await tests.evaluate(() => window.loadedOnce), 'the page of the tests was loaded again');
  await tests.getByRole('row').filter({ hasText: name }).getByRole('link').first().click();
  await status(tests).filter({ hasText: 'SUCCEEDED' }).waitFor();
});

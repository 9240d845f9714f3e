// A task that waits is answered by hand, and messages and events are sent.

import { check, given, home, open, run, same } from './browser.mjs';

const status = page => page.locator('main h1 .badge');

await run(async browser => {
  const page = await open(browser);
  await page.goto(home + given.waiting);
  await status(page).filter({ hasText: 'RUNNING' }).waitFor();

  // The queue holds what the state sent, also after a look.
  const queue = await page.context().newPage();
  for (let look = 0; look < 3; look += 1) {
    await queue.goto(`${home}/dev/services/queues/approvals`);
    await queue.getByText('1 visible').waitFor();
  }
  await queue.getByText('visible', { exact: true }).first().click();
  await queue.getByText('Received').first().waitFor();
  await queue.getByText('0×').first().waitFor();

  // What is not JSON is refused, and nothing is lost.
  await page.getByText('State Ask Somebody').click();
  await page.getByLabel('Output, a JSON document').fill('{"approvedBy": "Ada"}');
  await page.getByRole('button', { name: 'Let the task succeed' }).click();
  await status(page).filter({ hasText: 'SUCCEEDED' }).waitFor();
  await page.getByText('Ada').first().waitFor();
  same(await page.getByText('Waiting for an answer').count(), 0, 'nothing waits any more');

  const message = '{"greeting": "<b>hello</b>"}';
  await queue.getByRole('textbox', { name: 'Body' }).fill(message);
  await queue.getByRole('button', { name: 'Send the message' }).click();
  await queue.getByText('The message was sent.').waitFor();
  await queue.getByText('2 visible').waitFor();

  // A topic delivers to the queue that subscribes to it.
  await queue.goto(`${home}/dev/services/topics/shipped`);
  await queue.getByRole('textbox', { name: 'Body' }).fill('by hand');
  await queue.getByRole('button', { name: 'Publish' }).click();
  await queue.getByText('The message was sent.').waitFor();
  await queue.goto(`${home}/dev/services/queues/parcels`);
  // The newest is the first.
  const newest = queue.locator('.documents li').first();
  await newest.locator('summary').click();
  await newest.locator('.document').getByText('by hand').waitFor();

  // An event starts an execution by its trigger.
  const before = await page.goto(`${home}/dev/executions`).then(() => page.locator('main tbody tr').count());
  await queue.goto(`${home}/dev/services/buses/default`);
  await queue.getByLabel('Source').fill('shop');
  await queue.getByLabel('Detail type').fill('Order placed');
  await queue.getByLabel('Detail (JSON)').fill('{"id": "o-9", "total": 1}');
  await queue.getByRole('button', { name: 'Send the event' }).click();
  await queue.getByText('The event was sent.').waitFor();
  await page.locator('main tbody tr').nth(before).waitFor();
  check(await page.locator('main tbody tr').count() === before + 1, 'one execution was started');
});

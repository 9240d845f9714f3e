// Takes the pictures of the main pages, in both schemes.

import path from 'node:path';
import { complain, given, home, open, patience, run } from './browser.mjs';

const pages = [
  ['executions', '/dev/executions'],
  ['execution', '/dev/executions/orders-dev/order-1042'],
  ['workflow', '/dev/workflow'],
  ['tests', '/dev/tests'],
  ['services', '/dev/services'],
];

await run(async browser => {
  for (const scheme of ['light', 'dark']) {
    const page = await open(browser, { scheme, width: 1280, height: 800 });
    // How much of the page jumps while it is drawn.
    await page.addInitScript(() => {
      window.jumps = 0;
      new PerformanceObserver(list => {
        for (const jump of list.getEntries()) if (!jump.hadRecentInput) window.jumps += jump.value;
      }).observe({ type: 'layout-shift', buffered: true });
    });
    for (const [name, target] of pages) {
      await page.goto(home + target);
      await page.locator('main h1').waitFor({ timeout: patience });
      await page.screenshot({ path: path.join(given.folder, `${name}-${scheme}.png`) });
      const jumps = await page.evaluate(() => window.jumps);
      if (jumps > 0.02) complain(`${target} in ${scheme} jumps by ${jumps}`);
    }
  }
});

// A graph that is far wider than its room: it can be read, and what failed is in sight.

import { check, fits, home, open, run } from './browser.mjs';

await run(async browser => {
  for (const width of [360, 1280]) {
    const page = await open(browser, { width });
    for (const target of ['executions/wide-dev/refused', 'workflow']) {
      await page.goto(`${home}/dev/${target}`);
      const what = `${target}, ${width} px`;
      await fits(page, what);
      const scale = await page.locator('svg.drawing').evaluate(svg => svg.getBoundingClientRect().width / svg.viewBox.baseVal.width);
      check(scale > 0.74, `${what}: the graph is drawn at ${scale} of its size`);
    }
    await page.goto(`${home}/dev/executions/wide-dev/refused`);
    const [around, failed] = [await page.locator('.picture').boundingBox(), await page.locator('.picture .state.failed').boundingBox()];
    check(failed.x >= around.x && failed.x + failed.width <= around.x + around.width, `${width} px: what failed is out of sight`);
  }
});

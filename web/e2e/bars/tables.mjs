// Bar 3: tables of 10,000 rows and the grid of 1,000 jobs and 50 runs.
import { clicked, cost, opened, quiet } from "./page.mjs";

export async function tables({ profile, report }) {
  const context = await profile();
  const page = await context.newPage();
  await opened(page, "/history", "tr[data-row]");
  const rows = await page.evaluate(async () => {
    const table = document.querySelector("table[aria-rowcount]");
    const count = () => Number(table.getAttribute("aria-rowcount")) - 1;
    const end = performance.now() + 60_000;
    while (count() < 10_000 && performance.now() < end) {
      window.scrollTo(0, document.documentElement.scrollHeight);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    return count();
  });
  report.atLeast("rows of the history", rows, 10_000, "");
  await page.evaluate(() => window.scrollTo(0, 0));
  const drawn = [];
  const smooth = await page.evaluate(() => window.__fps(4_000, () => window.scrollBy(0, 60)));
  for (const at of [0, 0.3, 0.7, 1]) {
    await page.evaluate((part) => window.scrollTo(0, part * document.documentElement.scrollHeight), at);
    await page.waitForTimeout(100);
    drawn.push(await page.locator("tr[data-row]").count());
  }
  report.atLeast("scrolling 10,000 rows", smooth, 55, "fps");
  report.atMost("rows in the document", Math.max(...drawn), 80, "");

  await opened(page, "/manager?project=wide&flow=wide&runs=50", "canvas[data-painted]");
  await quiet(page);
  report.atMost("grid of 1,000 × 50", await clicked(page, "main a[href$='#grid']", "[data-cell]"), 500, "ms");
  await page.waitForTimeout(500);
  const box = await page.locator("[data-cell='4 0']").boundingBox();
  const moves = 100;
  const busy = await cost(page, async () => {
    for (let step = 0; step < moves; step += 1) {
      await page.mouse.move(box.x + 5 + (step % 40) * 22, box.y + 5 + Math.floor(step / 10) * 26);
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
    }
  });
  report.atMost("hover over a cell", busy / moves, 16, "ms");
  const grid = await page.evaluate(() => {
    const scroller = document.querySelector("[role=grid]");
    return window.__fps(3_000, () => scroller.scrollBy(0, 40));
  });
  report.atLeast("scrolling the grid", grid, 55, "fps");
}

// Bar 2: how soon data is on screen, how soon one page follows another, how long an input waits, what jumps.
import { clicked, felt, median, opened, quiet } from "./page.mjs";

/** Pages, and what is on screen when their data is. */
export const PAGES = {
  "/home": "main h2",
  "/index?all": "main a[href*='project=']",
  "/manager?project=orders": "main a[href*='flow=orders_daily']",
  "/manager?project=orders&flow=orders_daily": "canvas[data-painted]",
  "/history": "tr[data-row]",
  "/executor?execid=9000": "h1 + span",
  "/executor": "main [role=tablist], main h1",
  "/schedule": "main h1",
};

export async function screen({ profile, report }) {
  const cold = [];
  const warm = [];
  for (const [path, selector] of Object.entries(PAGES)) {
    const times = [];
    for (let round = 0; round < 3; round += 1) {
      const context = await profile();
      const page = await context.newPage();
      times.push(await opened(page, path, selector));
      if (round === 0) {
        const again = [];
        for (let more = 0; more < 3; more += 1) again.push(await opened(page, path, selector));
        warm.push([path, median(again)]);
      }
      await context.close();
    }
    cold.push([path, median(times)]);
  }
  for (const [path, ms] of cold) report.atMost(`cold ${path}`, ms, 1_200, "ms");
  for (const [path, ms] of warm) report.atMost(`warm ${path}`, ms, 700, "ms");

  const context = await profile();
  const page = await context.newPage();
  await opened(page, "/history", "tr[data-row]");
  const hops = [
    ["history to execution", "tr[data-row] a[href*='execid=']", "h1 + span"],
    ["execution to history", "nav a[href='/history']", "tr[data-row]"],
    ["history to projects", "nav a[href='/index']", "main a[href*='project=']"],
    ["projects to home", "nav a[href='/home']", "main h2"],
    ["home to history", "nav a[href='/history']", "tr[data-row]"],
  ];
  const took = new Map(hops.map(([name]) => [name, []]));
  // The first round loads the code of the pages.
  for (let round = 0; round < 4; round += 1) {
    for (const [name, link, selector] of hops) {
      await page.locator(link).first().waitFor();
      await quiet(page);
      const ms = await clicked(page, link, selector);
      if (round > 0) took.get(name).push(ms);
    }
  }
  for (const [name, times] of took) report.atMost(name, median(times), 200, "ms");

  await page.goto("/history");
  await page.locator("tr[data-row]").first().waitFor();
  await page.getByRole("textbox", { name: "Flow" }).pressSequentially("orders", { delay: 40 });
  await page.locator("tr[data-row] a", { hasText: "orders_" }).first().click();
  await page.locator("h1 + span").waitFor();
  for (const tab of ["#timeline", "#jobslist", "#log", "#options", "#graph"]) {
    await page.locator(`main a[href$='${tab}']`).click();
    await page.waitForTimeout(200);
  }
  await page.keyboard.press("Control+k");
  await page.keyboard.type("orders", { delay: 40 });
  await page.getByRole("dialog").getByText("orders").first().waitFor();
  await page.waitForTimeout(500);
  const { input, shift } = await felt(page);
  report.atMost("longest wait of an input (INP)", input, 200, "ms");
  report.atMost("layout shift (CLS)", shift, 0.02, "");
}

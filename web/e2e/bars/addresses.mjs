// Bar 8: an address opened anew shows what the same address shows when it is reached by clicks; Back restores.
import { settled } from "./accessibility.mjs";
import { quiet } from "./page.mjs";

/** Where to click, what, and what then must stand in the address. */
const WAYS = [
  ["/home", "nav a[href='/index']"],
  ["/home", "nav a[href='/executor']"],
  ["/home", "nav a[href='/history']"],
  ["/home", "nav a[href='/schedule']"],
  ["/home", "nav a[href='/executors']"],
  ["/history", "nav a[href='/home']"],
  ["/index?all", "main a[href='/manager?project=orders']"],
  ["/manager?project=orders", "main a[href$='flow=orders_daily']"],
  ["/manager?project=orders", "main a[href*='permissions']"],
  ["/manager?project=orders", "main a[href*='logs']"],
  ["/manager?project=orders", "main a[href$='#versions']"],
  ["/manager?project=orders", "main a[href$='#properties']"],
  ["/manager?project=orders&flow=orders_daily", "main a[href$='#grid']"],
  ["/manager?project=orders&flow=orders_daily", "main a[href$='#executions']"],
  ["/manager?project=orders&flow=orders_daily", "main a[href$='#summary']"],
  ["/manager?project=orders&flow=orders_daily#grid", "main a[href*='job=orders_daily_clean']"],
  ["/manager?project=orders&flow=orders_daily&job=orders_daily_clean", "main a[href*='history']"],
  ["/history", "tr[data-row] a[href*='execid=']"],
  ["/executor?execid=9000", "main a[href$='#timeline']"],
  ["/executor?execid=9000", "main a[href$='#jobslist']"],
  ["/executor?execid=9000", "main a[href$='#log']"],
  ["/executor?execid=9000", "main a[href$='#options']"],
  ["/executor?execid=9000#jobslist", "main a[href*='&job=']"],
  ["/executor", "main a[href$='#recently-finished']"],
];

/** What is on screen, without what the clock, the machine's load or the number of a request changes. */
async function content(page) {
  await page.locator("main h1").first().waitFor({ timeout: 30_000 });
  await quiet(page);
  return page.evaluate(() => {
    // biome-ignore lint/performance/useDomNodeTextContent: words of neighbouring cells must stay apart
    const text = document.querySelector("main").innerText;
    const still = text
      .replace(/\b(just )?now\b/g, "#")
      .replace(/\d+\s*(ms|s|sec|m|min|h|hr|d)\b( ago)?/g, "#")
      .replace(/[\d.,]+\s*(%|[KMGT]iB|B\b)/g, "#")
      .replace(/\d\d:\d\d(:\d\d)?/g, "#")
      // 59 s and 1m 00s
      .replace(/#(\s*#)+/g, "#")
      .replace(/[0-9a-f]{16}/g, "#")
      .replace(/\s+/g, " ");
    return `${document.title}\n${still}`;
  });
}

/** The ways on which the two differ. */
export async function differences(page, ways) {
  const found = [];
  for (const [from, link] of ways) {
    await settled(page, from);
    await page.locator(link).first().click();
    const clicked = await content(page);
    const address = page.url();
    await page.goto("about:blank");
    await page.goto(address);
    const cold = await content(page);
    if (page.url() !== address) found.push(`${address} became ${page.url()}`);
    if (cold !== clicked)
      found.push(`${address}\n  clicked: ${around(clicked, cold)}\n  cold:    ${around(cold, clicked)}`);
  }
  return found;
}

/** The text around the first place where it differs from another. */
function around(text, other) {
  let at = 0;
  while (at < text.length && text[at] === other[at]) at += 1;
  return JSON.stringify(text.slice(Math.max(0, at - 40), at + 80));
}

/** What Back does not restore: the filter of the history, and how far it was scrolled. */
export async function notRestored(page, path, depth) {
  await settled(page, path);
  await page.locator("tr[data-row]").first().waitFor();
  await page.mouse.move(700, 500);
  await page.mouse.wheel(0, depth);
  await page.waitForFunction((least) => window.scrollY >= least, depth * 0.9, { timeout: 30_000 });
  await quiet(page);
  const before = await page.evaluate(() => window.scrollY);
  await page.evaluate(() => {
    const rows = [...document.querySelectorAll("tr[data-row]")];
    const row = rows.find((each) => each.getBoundingClientRect().top > window.innerHeight / 3);
    row.querySelector("a[href*='execid=']").click();
  });
  await page.waitForURL(/execid=/);
  await page.locator("h1 + span").waitFor();
  await page.goBack();
  await page.locator("tr[data-row]").first().waitFor();
  const found = [];
  if (!page.url().endsWith(path)) found.push(`the address is ${page.url()}`);
  await page
    .waitForFunction((wanted) => Math.abs(window.scrollY - wanted) <= 60, before, { timeout: 10_000 })
    .catch(async () => {
      found.push(`scrolled to ${await page.evaluate(() => window.scrollY)} instead of ${before}`);
    });
  return found;
}

export async function addresses({ profile, report }) {
  const context = await profile();
  const page = await context.newPage();
  report.none(`addresses that open otherwise, of ${WAYS.length}`, await differences(page, WAYS));
  report.none("not restored by Back", await notRestored(page, "/history?status=FAILED", 2_400));
  await context.close();
}

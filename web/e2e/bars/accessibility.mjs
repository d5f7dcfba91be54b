// Bar 1: axe finds nothing on any page, light and dark, English and Chinese, wide and narrow; at 400 % nothing is cut off.
import AxeBuilder from "@axe-core/playwright";
import { quiet } from "./page.mjs";

/** Every page of the seeded server; the first `{}` of an address is an execution's number. */
const PAGES = [
  "/home",
  "/index?all",
  "/manager?project=orders",
  "/manager?project=orders#versions",
  "/manager?project=orders#properties",
  "/manager?project=orders&permissions",
  "/manager?project=orders&logs",
  "/manager?project=orders&flow=orders_daily",
  "/manager?project=orders&flow=orders_daily#grid",
  "/manager?project=orders&flow=orders_daily#executions",
  "/manager?project=orders&flow=orders_daily#summary",
  "/manager?project=orders&flow=orders_daily&run=1",
  "/manager?project=orders&flow=orders_daily&job=orders_daily_clean",
  "/manager?project=orders&job=orders_daily_clean&history",
  "/executor",
  "/executor#recently-finished",
  "/executor?execid=9000",
  "/executor?execid=9000#timeline",
  "/executor?execid=9000#jobslist",
  "/executor?execid=9000#log",
  "/executor?execid=9000#options",
  "/history",
  "/history?status=FAILED",
  "/schedule",
  "/schedule?project=orders&flow=orders_daily&edit=1",
  "/executors",
  "/compare?a=9000&b=9001",
  "/me",
  "/no-such-page",
];

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

/** What axe says against a page as it is. */
export async function violations(page, name) {
  const axe = new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]);
  const { violations: found } = await axe.analyze();
  return found.flatMap((rule) =>
    rule.nodes
      .filter((node) => !(rule.id === "target-size" && hasEquivalent(node)))
      .map((node) => `${name}: ${rule.id}: ${node.html.slice(0, 160)}: ${rule.help} ${detail(node)}`),
  );
}

/** The bars of the last runs are small; the list of a flow's executions beside them leads to the same (WCAG 2.5.8). */
const hasEquivalent = (node) => /class="_slot_/.test(node.html);

function detail(node) {
  const data = node.any.find((check) => check.data?.contrastRatio)?.data;
  return data ? `${data.fgColor} on ${data.bgColor} is ${data.contrastRatio}:1` : "";
}

/** Opens a page and waits until it has loaded all that it shows at first. */
export async function settled(page, path) {
  await page.goto(path);
  await page.locator("main h1").first().waitFor({ timeout: 30_000 });
  await quiet(page).catch(() => {
    throw new Error(`${path} does not come to rest`);
  });
}

/** What is cut off to the right where the page is 320 px wide, as a wide one is at 400 %. */
async function cutOff(page, path) {
  const [wide, room] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    document.documentElement.clientWidth,
  ]);
  return wide > room ? [`${path}: ${wide} px in ${room} px`] : [];
}

/** All looks of `pages`: what axe says, and what is cut off at 400 %. */
export async function looks(profile, pages, matrix) {
  const found = [];
  for (const { locale, viewport, schemes } of matrix) {
    const context = await profile({ locale, viewport });
    const page = await context.newPage();
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme });
      for (const path of pages) {
        await settled(page, path);
        found.push(...(await violations(page, `${path} ${locale} ${colorScheme} ${viewport.width}`)));
      }
    }
    await context.close();
  }
  const narrow = await profile({ viewport: { width: 320, height: 256 } });
  const page = await narrow.newPage();
  const cut = [];
  for (const path of pages) {
    await settled(page, path);
    cut.push(...(await cutOff(page, path)));
  }
  await narrow.close();
  return { found, cut };
}

export const MATRIX = ["en-US", "zh-CN"].flatMap((locale) =>
  [WIDE, PHONE].map((viewport) => ({ locale, viewport, schemes: ["light", "dark"] })),
);
export const MATRIX_IN_SHORT = [
  { locale: "en-US", viewport: WIDE, schemes: ["light"] },
  { locale: "zh-CN", viewport: PHONE, schemes: ["dark"] },
];

export async function accessibility({ profile, report }) {
  const { found, cut } = await looks(profile, PAGES, MATRIX);
  report.none(`axe on ${PAGES.length} pages × 8 looks`, found);
  report.none("cut off at 400 %", cut);
  const context = await profile({ forcedColors: "active" });
  const page = await context.newPage();
  const forced = [];
  for (const path of PAGES) {
    await settled(page, path);
    forced.push(...(await violations(page, `${path} forced colours`)));
  }
  report.none("axe with forced colours", forced);
  await context.close();
}

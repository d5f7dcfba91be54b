// `npm run e2e`: people's ways through the UI of a real server, then those bars of the UI that need no large data. The
// first step that fails leaves a picture. E2E_OPTIONAL=1 skips all where there is no Chromium.
import { looks, MATRIX_IN_SHORT } from "./bars/accessibility.mjs";
import { differences, notRestored } from "./bars/addresses.mjs";
import { watch } from "./bars/hygiene.mjs";
import { walkOnKeys } from "./bars/keyboard.mjs";
import { felt, profile, quiet } from "./bars/page.mjs";
import { PAGES as PAGE_STEPS } from "./pages.mjs";
import { findChromium, launch, startServer } from "./server.mjs";
import { STEPS } from "./walk.mjs";

if (!findChromium() && process.env.E2E_OPTIONAL) {
  console.log("e2e: skipped, since there is no Chromium (set CHROMIUM, or install the package chromium)");
  process.exit(0);
}

const browser = await launch().catch((error) => {
  if (!process.env.E2E_OPTIONAL) throw error;
  console.log(`e2e: skipped, since Chromium does not start: ${error.message}`);
  process.exit(0);
});
const server = await startServer();
const open = (options) => profile(browser, server.base, options);
let failed = false;

async function step(name, page, run) {
  const start = Date.now();
  try {
    await run(page);
    console.log(`ok    ${name} (${Date.now() - start} ms)`);
    return true;
  } catch (error) {
    failed = true;
    console.log(`FAIL  ${name}\n${error.message}\n${page.url()}`);
    await page.screenshot({ path: process.env.E2E_PICTURE ?? "e2e-failure.png" });
    return Boolean(process.env.E2E_GO_ON);
  }
}

/** Fails with all that was found. */
function nothing(found) {
  if (found.length > 0) throw new Error(found.join("\n"));
}

const PAGES = [
  "/home",
  "/index",
  "/manager?project=etl",
  "/manager?project=etl&flow=daily",
  "/manager?project=etl&flow=daily&run=1",
  "/executor?execid=2#timeline",
  "/executor?execid=2&job=broken",
  "/history",
];
const WAYS = [
  ["/home", "nav a[href='/history']"],
  ["/history", "nav a[href='/executors']"],
  ["/index", "main a[href='/manager?project=etl']"],
  ["/manager?project=etl", "main a[href$='flow=daily']"],
  ["/manager?project=etl", "main a[href*='permissions']"],
  ["/manager?project=etl&flow=daily", "main a[href$='#grid']"],
  ["/history", "tr[data-row] a[href*='execid=']"],
  ["/executor?execid=2", "main a[href$='#jobslist']"],
];

/** The bars that hold for small data as well. */
const BARS = {
  "axe finds nothing on the main pages, and nothing is cut off at 400 %": async () => {
    const { found, cut } = await looks(open, PAGES, MATRIX_IN_SHORT);
    nothing([...found, ...cut]);
  },
  "addresses opened anew show what clicks lead to": async (page) => nothing(await differences(page, WAYS)),
  "Back restores the filter of the history": async (page) => nothing(await notRestored(page, "/history?flow=slow", 0)),
  "a day's work is done by keyboard": async (page) => {
    await page.context().clearCookies();
    await walkOnKeys(page);
  },
  "nothing on screen jumps by itself": async (page) => {
    for (const path of ["/home", "/index", "/history", "/executor?execid=2"]) {
      await page.goto(path);
      await quiet(page);
      const { shift } = await felt(page);
      if (shift > 0.02) throw new Error(`${path}: the layout shift is ${shift.toFixed(3)}`);
    }
  },
};

const context = await browser.newContext({
  baseURL: server.base,
  viewport: { width: 1440, height: 900 },
  locale: "en-US",
});
const page = await context.newPage();
page.setDefaultTimeout(30_000);
const wrong = watch(page, server.base);
// The last way turns the page Chinese.
const { "the page speaks Chinese": chinese, ...ways } = STEPS;
const ALL = { ...ways, ...PAGE_STEPS, "the page speaks Chinese": chinese };
let going = true;
for (const [name, run] of Object.entries(ALL)) going = going && (await step(name, page, run));
for (const [name, run] of Object.entries(BARS)) {
  if (!going) break;
  const own = await (await open()).newPage();
  own.setDefaultTimeout(30_000);
  going = await step(name, own, run);
  await own.context().close();
}
for (const problem of wrong) console.log(`WRONG ${problem}`);
await browser.close();
await server.stop();
process.exitCode = failed || wrong.length > 0 ? 1 : 0;

// Bar 5: a log of 1 GiB and 10 million lines, the end of a growing log, a job that prints 50 MB a second.
import { readFileSync } from "node:fs";
import { api } from "./api.mjs";
import { clicked, felt, median, opened, percentile, quiet } from "./page.mjs";

const LINES = 10_000_000;

/** The proportional share of memory of all pages of the browser, in MiB. */
async function memory(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const of = ({ id }) => {
    const text = readFileSync(`/proc/${id}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0) / 1_024;
  };
  return Math.max(...processInfo.filter(({ type }) => type === "renderer").map(of));
}

/** Scrolls so that some line far away is in view and tells how long it takes until its text is there, in ms. */
function jump(page, part) {
  return page.evaluate(async (where) => {
    const scroller = document.querySelector("[role=log]");
    const start = performance.now();
    scroller.scrollTop = where * (scroller.scrollHeight - scroller.clientHeight);
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const waits = () => [...scroller.querySelectorAll("span")].some((span) => span.textContent === "…");
    while (waits()) {
      if (performance.now() - start > 30_000) throw new Error("the line was not shown within 30 s");
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return performance.now() - start;
  }, part);
}

export async function log({ browser, profile, report }) {
  const context = await profile();
  const page = await context.newPage();
  const server = await api(context);
  const list = await server.get("/api/v1/executions?project=logs&limit=1");
  const id = list.items[0].id;
  await opened(page, `/executor?execid=${id}#jobslist`, `main a[href*='job=load_all']`);
  await quiet(page);
  const first = await clicked(page, `main a[href*='execid=${id}'][href*='job=load_all']`, "[role=log] button");
  report.atMost("1 GiB: first screen", first, 500, "ms");
  await page.waitForTimeout(3_000);
  const jumps = [];
  for (const part of [0, 0.5, 0.123, 0.987, 0.31, 0.77, 0.05, 0.64, 1, 0.42]) jumps.push(await jump(page, part));
  report.atMost("1 GiB: any line", Math.max(...jumps), 300, "ms");
  report.atMost("1 GiB: memory of the tab", await memory(browser), 200, "MiB");
  await jump(page, 1);
  const end = await page.locator("[role=log] button").last().textContent();
  report.none("1 GiB: lines missing at the end", end === String(LINES) ? [] : [`ends at ${end}`]);

  const project = `logs${Date.now()}`;
  await server.upload(project, {
    "tick.job": "type=command\ncommand=bash tick.sh\n",
    "tick.sh": 'for i in $(seq 1 600); do echo "tick $(date +%s%3N)"; sleep 0.37; done\n',
    "flood.job": "type=command\ncommand=bash flood.sh\n",
    // 5 MB each tenth of a second.
    "flood.sh":
      'yes "row of a table that is printed for nobody, with all of its columns and a comment" | head -c 5000000 > part\n' +
      "for i in $(seq 1 250); do cat part; sleep 0.05; done\n",
  });
  const tick = await server.execute(project, "tick");
  await opened(page, `/executor?execid=${tick}&job=tick`, "h1");
  const late = await page.evaluate(async () => {
    const seen = new Set();
    const delays = [];
    const end = performance.now() + 15_000;
    while (performance.now() < end && delays.length < 25) {
      const text = document.querySelector("[role=log]")?.textContent ?? "";
      const now = Date.now();
      for (const [, time] of text.matchAll(/tick (\d{13})/g)) {
        if (!seen.has(time) && seen.size > 0) delays.push(now - Number(time));
        seen.add(time);
      }
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    return delays;
  });
  await server.kill(tick);
  report.atLeast("lines seen as they were written", late.length, 10, "");
  report.atMost("a line is seen after", median(late), 250, "ms");
  report.atMost("a line is seen after, 95 of 100", percentile(late, 0.95), 400, "ms");

  const flood = await server.execute(project, "flood");
  await opened(page, `/executor?execid=${flood}&job=flood`, "[role=log] button");
  for (let round = 0; round < 8; round += 1) {
    await page.getByLabel("Wrap long lines").click();
    await page.locator("[role=log]").focus();
    await page.keyboard.press("PageUp");
    await page.waitForTimeout(300);
    await page.keyboard.press("End");
    await page.waitForTimeout(300);
  }
  const { input } = await felt(page);
  await server.kill(flood);
  report.atMost("longest wait of an input while a job prints 50 MB/s", input, 200, "ms");
  report.atMost("memory of the tab after that", await memory(browser), 200, "MiB");
}

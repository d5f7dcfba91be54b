// What a page tells about itself: when something is on screen, how smooth it moves, how long an input waits.
import { PASSWORD, USER } from "../server.mjs";

/** Runs in every page before its own scripts. */
function instrument() {
  const seen = { shift: 0, inputs: [], frames: [] };
  window.__seen = seen;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) seen.inputs.push(entry.duration);
  }).observe({ type: "event", buffered: true, durationThreshold: 16 });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.frames.push(entry.duration);
  }).observe({ type: "long-animation-frame", buffered: true });
  performance.setResourceTimingBufferSize(100_000);
  new PerformanceObserver(() => {
    seen.loaded = performance.now();
  }).observe({ type: "resource", buffered: true });
  const visible = (selector) => {
    const element = document.querySelector(selector);
    return element !== null && element.getClientRects().length > 0;
  };
  /** Milliseconds from `start` until `selector` has been painted. */
  window.__shown = (selector, start = 0) =>
    new Promise((resolve, reject) => {
      const look = () => {
        if (visible(selector)) requestAnimationFrame(() => resolve(performance.now() - start));
        else if (performance.now() - start > 30_000) reject(new Error(`not shown within 30 s: ${selector}`));
        else requestAnimationFrame(look);
      };
      look();
    });
  /** Frames per second while `step` is called once a frame for `ms`. */
  window.__fps = (ms, step = () => {}) =>
    new Promise((resolve) => {
      const start = performance.now();
      let frames = 0;
      const tick = () => {
        const gone = performance.now() - start;
        if (gone >= ms) return resolve((frames * 1_000) / gone);
        frames += 1;
        step(gone);
        requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    });
}

/** A browser profile that has logged in. */
export async function profile(browser, base, options = {}) {
  const context = await browser.newContext({
    baseURL: base,
    viewport: { width: 1440, height: 900 },
    locale: "en-US",
    ...options,
  });
  await context.addInitScript(instrument);
  const answer = await context.request.post("/", { form: { action: "login", username: USER, password: PASSWORD } });
  if (!answer.ok()) throw new Error(`the login was answered ${answer.status()}`);
  return context;
}

/** Waits until nothing has been loaded for a while and nothing is shown as loading. */
export function quiet(page) {
  const rest = () => {
    const still = performance.now() - Math.max(window.__seen.loaded ?? 0, 0) > 300;
    return still && document.readyState === "complete" && !document.querySelector("[aria-busy=true]");
  };
  return page.waitForFunction(rest, undefined, { timeout: 30_000 });
}

/** Opens `path` and tells when `selector` was painted, in milliseconds from the start of the navigation. */
export async function opened(page, path, selector) {
  await page.goto(path, { waitUntil: "commit" });
  return page.evaluate((wanted) => window.__shown(wanted), selector);
}

/** Clicks `link` inside the page and tells when `selector` was painted, in milliseconds from the click. */
export function clicked(page, link, selector) {
  return page.evaluate(
    ([wanted, target]) => {
      const element = document.querySelector(target);
      if (!element) throw new Error(`there is no ${target}`);
      const start = performance.now();
      element.click();
      return window.__shown(wanted, start);
    },
    [selector, link],
  );
}

export const fps = (page, ms) => page.evaluate((span) => window.__fps(span), ms);

/** The main thread's time, in milliseconds, that `act` costs. */
export async function cost(page, act) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const busy = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return 1_000 * (metrics.find((metric) => metric.name === "TaskDuration")?.value ?? 0);
  };
  const before = await busy();
  await act();
  const after = await busy();
  await session.detach();
  return after - before;
}

/** The longest that an input waited for its picture, and what moved by itself, since the page was opened. */
export async function felt(page) {
  const seen = await page.evaluate(() => window.__seen);
  return { input: Math.max(0, ...seen.inputs), shift: seen.shift, frames: seen.frames };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
export const percentile = (values, part) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];

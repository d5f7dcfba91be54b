// Bar 4: graphs of 1,000 and 4,000 jobs.
import { waitFor } from "../server.mjs";
import { api } from "./api.mjs";
import { clicked, felt, fps, median, opened } from "./page.mjs";

async function pan(page) {
  const box = await page.locator("canvas[data-painted]").boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  // Nearer first, so that nodes have their names.
  for (let notch = 0; notch < 6; notch += 1) {
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, -200);
  }
  await page.waitForTimeout(200);
  await page.mouse.move(x, y);
  await page.mouse.down();
  const measured = fps(page, 3_000);
  const end = Date.now() + 3_000;
  for (let step = 0; Date.now() < end; step += 1) {
    await page.mouse.move(x + 150 * Math.sin(step / 9), y + 120 * Math.cos(step / 7));
  }
  const found = await measured;
  await page.mouse.up();
  return found;
}

export async function graph({ profile, report }) {
  const context = await profile();
  const page = await context.newPage();
  for (const [flow, nodes, most] of [
    ["wide", 1_000, 1_000],
    ["huge", 4_000, 1_500],
  ]) {
    const times = [];
    for (let round = 0; round < 3; round += 1) {
      await opened(page, `/manager?project=${flow}`, `main a[href$='flow=${flow}']`);
      times.push(await clicked(page, `main a[href$='flow=${flow}']`, `canvas[data-painted='${nodes}']`));
    }
    report.atMost(`${nodes} jobs from the click`, median(times), most, "ms");
    report.atLeast(`panning ${nodes} jobs`, await pan(page), 55, "fps");
  }
  const server = await api(context);
  const flow = { "gate.job": "type=command\ncommand=sleep 4\n", "fan.job": "type=noop\ndependencies=" };
  const names = Array.from({ length: 500 }, (_, index) => `step_${String(index).padStart(3, "0")}`);
  for (const name of names) flow[`${name}.job`] = "type=noop\ndependencies=gate\n";
  flow["fan.job"] += `${names.join(",")}\n`;
  const project = `fan${Date.now()}`;
  await server.upload(project, flow);
  const id = await server.execute(project, "fan");
  await opened(page, `/executor?execid=${id}`, "canvas[data-painted='502']");
  await page.waitForTimeout(500);
  await page.evaluate(() => {
    window.__seen.frames.length = 0;
  });
  await server.ended(id);
  await waitFor("the page to show the end", () => page.locator("h1 + span", { hasText: "Success" }).isVisible());
  const { frames } = await felt(page);
  // 500 changes come within a few batches of far more than 50.
  report.atMost("longest frame while 500 statuses change", Math.max(0, ...frames), 50, "ms");
}

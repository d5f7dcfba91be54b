// Bar 6: many events, many tabs, a server that is away for a while.
import { waitFor } from "../server.mjs";
import { api } from "./api.mjs";
import { felt, opened } from "./page.mjs";

/** Counts the lines of all of the server's event streams together. */
async function count(page, topics) {
  return page.evaluate((names) => {
    const seen = { events: 0 };
    window.__events = seen;
    const source = new EventSource(`/api/v1/events?topics=${encodeURIComponent(names)}`);
    source.addEventListener("change", (event) => {
      const { patch } = JSON.parse(event.data);
      seen.events += 1 + (patch?.nodes?.length ?? 0);
    });
    window.__eventsEnd = () => source.close();
  }, topics);
}

export async function live({ server, profile, report }) {
  const context = await profile();
  const calls = await api(context);
  const names = Array.from({ length: 800 }, (_, index) => `step_${index}`);
  const files = { "many.job": `type=noop\ndependencies=${names.join(",")}\n` };
  for (const name of names) files[`${name}.job`] = "type=noop\ndependencies=gate\n";
  files["gate.job"] = "type=command\ncommand=sleep 3\n";
  const project = `many${Date.now()}`;
  await calls.upload(project, files);

  const watcher = await context.newPage();
  await opened(watcher, "/executors", "main h1");
  const page = await context.newPage();
  await opened(page, "/executor", "main h1");
  const first = await calls.execute(project, "many");
  await opened(page, `/executor?execid=${first}`, "canvas[data-painted]");
  const ids = [first];
  while (ids.length < 6) ids.push(await calls.execute(project, "many"));
  await count(watcher, ["executions", "running", ...ids.map((id) => `execution:${id}`)].join(","));
  const start = Date.now();
  const done = Promise.all(ids.map((id) => calls.ended(id)));
  let over = false;
  done.finally(() => {
    over = true;
  });
  while (!over) {
    for (const tab of ["#jobslist", "#timeline", "#graph"]) {
      await page.locator(`main a[href$='${tab}']`).click();
      await page.waitForTimeout(150);
    }
  }
  await done;
  const { events } = await watcher.evaluate(() => window.__events);
  await watcher.evaluate(() => window.__eventsEnd());
  const { input } = await felt(page);
  // The jobs' gate takes the first seconds.
  report.atLeast("changes told a second", events / Math.max(1, (Date.now() - start) / 1_000 - 3), 1_000, "");
  report.atMost("longest wait of an input meanwhile", input, 200, "ms");
  await watcher.close();
  await page.close();

  const tabs = [];
  const times = [];
  for (let tab = 0; tab < 10; tab += 1) {
    const each = await context.newPage();
    times.push(await opened(each, tab % 2 ? "/history" : "/home", tab % 2 ? "tr[data-row]" : "main h2"));
    tabs.push(each);
  }
  report.atMost("tenth tab over HTTP/1.1", times.at(-1), 1_200, "ms");

  const alive = tabs[1];
  await alive.bringToFront();
  await server.kill();
  await alive.getByText("connection", { exact: false }).first().waitFor({ timeout: 30_000 });
  await new Promise((resolve) => setTimeout(resolve, 20_000));
  await server.restart();
  const back = Date.now();
  const id = await (await api(context)).execute("orders", "orders_daily");
  await waitFor(
    "the page to show what is new",
    () => alive.locator(`a[href$='execid=${id}']`).first().isVisible(),
    60,
  ).catch(() => {});
  const shown = await alive.locator(`a[href$='execid=${id}']`).first().isVisible();
  report.none("not recovered after 20 s without a server", shown ? [] : [alive.url()]);
  report.atMost("recovered after the server's return", (Date.now() - back) / 1_000, 15, "s");
  await context.close();
}

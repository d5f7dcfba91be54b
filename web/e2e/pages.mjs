// What each page shows and does, in the order of ../docs/ui.md: run after the ways of walk.mjs, on what they left.
import assert from "node:assert/strict";
import { PASSWORD, USER } from "./server.mjs";

const has = async (locator) => {
  await locator.first().waitFor();
};

export const PAGES = {
  "the frame names the instance, the place and the user": async (page) => {
    await page.goto("/manager?project=etl&flow=daily");
    const bar = page.getByRole("banner");
    await has(bar.getByText("Test · e2e"));
    const current = page.getByRole("navigation", { name: "Main navigation" }).locator("[aria-current=page]").first();
    await has(current.getByText("Projects"));
    const crumbs = page.getByRole("navigation", { name: "Where this page is" });
    await has(crumbs.getByRole("link", { name: "etl" }));
    await bar.getByRole("button", { name: "Menu of azkaban" }).click();
    await has(page.getByRole("menuitem", { name: "Sign out" }));
    await page.keyboard.press("Escape");
  },
  "the colours turn dark and back": async (page) => {
    for (const [name, scheme] of [
      ["Dark", "dark"],
      ["Light", "light"],
    ]) {
      await page.getByRole("button", { name: "Menu of azkaban" }).click();
      await page.getByRole("menuitem", { name, exact: true }).click();
      await page.keyboard.press("Escape");
      await page.waitForFunction(
        (wanted) => document.documentElement.getAttribute("data-mantine-color-scheme") === wanted,
        scheme,
      );
    }
  },
  "times are in the zone that the header names": async (page) => {
    await page.goto("/history");
    await page.getByRole("button", { name: /^Times are in/ }).click();
    await page.getByRole("menuitem", { name: /UTC/ }).click();
    await has(page.getByRole("button", { name: "Times are in UTC" }));
    const time = page.locator("tr[data-row] time").first();
    assert.match((await time.getAttribute("title")) ?? "", /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (UTC|\+00:00|Z)/);
    assert.match((await time.getAttribute("datetime")) ?? "", /Z$/);
  },
  "an address that is no page says so": async (page) => {
    await page.goto("/manager?project=nothing");
    await has(page.getByText("There is no such thing"));
  },
  "projects are filtered, starred, expanded and searched": async (page) => {
    await page.goto("/index?all");
    await page.getByLabel("Name or /regex/").fill("/^e.l$/");
    await has(page.getByRole("link", { name: "etl", exact: true }));
    await page.getByRole("button", { name: "Flows of etl" }).click();
    await has(page.getByRole("link", { name: "daily", exact: true }));
    await page.getByRole("button", { name: "Mark etl" }).click();
    await page.getByLabel("Name or /regex/").fill("zzz");
    await has(page.getByText("No project fits"));
    await page.goto("/index?doaction=search&searchterm=et");
    await has(page.getByRole("link", { name: "etl", exact: true }));
  },
  "a project's flows unfold into jobs that can be run": async (page) => {
    await page.goto("/manager?project=etl");
    await page.getByRole("button", { name: "Jobs of daily" }).click();
    await has(page.getByRole("link", { name: "clean", exact: true }));
    await page.getByRole("button", { name: "More for clean", exact: true }).click();
    await has(page.getByRole("menuitem", { name: /ancestors|needs|before/i }));
    await page.keyboard.press("Escape");
  },
  "a description is changed in place": async (page) => {
    await page.getByRole("button", { name: "Change the description" }).click();
    await page.getByRole("textbox", { name: "Description" }).fill("Loads all of it");
    await page.getByRole("button", { name: "Save" }).click();
    await has(page.getByText("Loads all of it"));
  },
  "versions are listed and compared, and an archive is downloaded": async (page) => {
    await page.goto("/manager?project=etl#versions");
    await has(page.getByText("dropped.zip"));
    assert.ok((await page.locator("main tbody tr").count()) >= 2);
    await page.getByRole("button", { name: "More actions" }).first().click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Download archive" }).click(),
    ]);
    assert.match(download.suggestedFilename(), /\.zip$/);
  },
  "permissions are given, changed and taken": async (page) => {
    await page.goto("/manager?project=etl&permissions");
    const groups = page.getByRole("table", { name: "Groups" });
    await page.getByRole("combobox", { name: "Add a group" }).fill("loaders");
    await page.keyboard.press("Enter");
    const write = groups.getByRole("checkbox", { name: "Write for loaders" });
    await write.waitFor();
    assert.ok(await groups.getByRole("checkbox", { name: "Read for loaders" }).isChecked());
    await write.click();
    await page.waitForFunction(
      (name) => document.querySelector(`[aria-label="${name}"]`)?.checked === true,
      "Write for loaders",
    );
    await groups.getByRole("button", { name: "Remove loaders" }).click();
    await write.waitFor({ state: "detached" });
    const own = page.getByRole("table", { name: "Users" }).getByRole("row", { name: new RegExp(USER) });
    await has(own.getByText("(you)"));
    assert.ok(await own.getByRole("checkbox").first().isDisabled());
  },
  "a project's log tells what was done": async (page) => {
    await page.goto("/manager?project=etl&logs");
    for (const kind of ["Created", "Uploaded", "Description", "Group permission"]) await has(page.getByText(kind));
    await page.getByRole("button", { name: "Refresh" }).click();
  },
  "a flow's executions and summary are shown": async (page) => {
    await page.goto("/manager?project=etl&flow=daily#executions");
    await has(page.getByRole("link", { name: /#2/ }));
    await page.goto("/manager?project=etl&flow=daily#summary");
    await has(page.getByText("Median"));
    await has(page.getByText("Job types"));
    await page.goto("/manager?project=etl&flow=daily#grid");
    await has(page.locator("[data-cell]"));
  },
  "a job's node has its menu, also by keyboard": async (page) => {
    await page.goto("/manager?project=etl&flow=daily&node=clean");
    const canvas = page.locator("canvas[data-painted]");
    await canvas.focus();
    await page.keyboard.press("Shift+F10");
    await has(page.getByRole("menuitem", { name: "Open job", exact: false }));
    await page.keyboard.press("Escape");
  },
  "a job's properties are shown and overridden": async (page) => {
    await page.goto("/manager?project=etl&flow=daily&job=extract");
    await has(page.getByText("echo extracting"));
    await page.getByRole("button", { name: "Override" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("button", { name: "Add" }).first().click();
    await dialog.getByLabel("Property", { exact: true }).last().fill("greeting");
    await dialog.getByLabel("Value", { exact: true }).last().fill("hello");
    await dialog.getByRole("button", { name: "Save" }).click();
    await has(page.getByText("greeting"));
    await page.goto("/manager?project=etl&logs");
    await has(page.getByText("Property override"));
  },
  "a job's history is kept over all runs": async (page) => {
    await page.goto("/manager?project=etl&job=extract&history");
    await has(page.locator("main tr[data-row]"));
  },
  "an execution's jobs, times and options are shown": async (page) => {
    await page.goto("/executor?execid=2#jobslist");
    await has(page.locator("tr[data-row]", { hasText: "broken" }).getByText("Failed"));
    await page.goto("/executor?execid=2#timeline");
    await has(page.locator("main a", { hasText: "extract" }));
    await page.goto("/executor?execid=2#options");
    await has(page.getByText("On failure"));
    await page.goto("/executor?execid=2#log");
    await has(page.getByRole("log"));
    await page.goto("/executor?execid=2#retries");
    await has(page.locator("main [aria-current]", { hasText: "Retries" }));
  },
  "a running flow is paused and resumed, and its time goes on": async (page) => {
    await page.goto("/manager?project=etl&flow=slow&run");
    await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=/);
    const id = new URL(page.url()).searchParams.get("execid");
    await page.getByRole("button", { name: "Pause" }).click();
    await has(page.locator("h1 + span", { hasText: "Paused" }));
    await page.getByRole("button", { name: "Resume" }).click();
    await has(page.locator("h1 + span", { hasText: "Running" }));
    await page.goto("/executor");
    const row = page.locator("tr[data-row]", { has: page.getByRole("link", { name: `#${id} slow` }) });
    await row.getByRole("button", { name: /^Kill slow/ }).click();
    await has(row.getByText("Killed"));
    await page.goto("/executor#recently-finished");
    const ended = page.locator("tr[data-row]", { has: page.locator(`a[href="/executor?execid=${id}"]`) });
    await has(ended.getByText("Killed"));
  },
  "two runs are compared": async (page) => {
    await page.goto("/compare?a=1&b=2");
    await has(page.getByText("#1").or(page.getByText("#2")));
  },
  "the history understands Azkaban's own words": async (page) => {
    await page.goto("/history?advfilter=true&projcontain=et&flowcontain=dai&usercontain=&status=70&begin=&end=");
    await has(page.getByRole("link", { name: /#2/ }));
    assert.equal(await page.locator("tr[data-row]").count(), 1);
  },
  "a session that ended is told over the page, which stays": async (page) => {
    await page.goto("/history?flow=daily");
    await page.locator("tr[data-row]").first().waitFor();
    await page.context().clearCookies();
    await page.getByRole("textbox", { name: "Flow" }).fill("dail");
    const dialog = page.getByRole("dialog");
    await has(dialog.getByText(/[Ss]ign in/));
    await dialog.getByLabel(/^Password/).fill(PASSWORD);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await has(page.getByRole("link", { name: /#2/ }));
  },
  "a project is deleted by its typed name only": async (page) => {
    await page.goto("/index");
    await page.getByRole("button", { name: "Create project" }).first().click();
    await page.getByRole("dialog").getByLabel("Name").fill("short");
    await page.getByRole("dialog").getByLabel("Description").fill("Short-lived");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await has(page.getByRole("heading", { name: "short" }));
    await page.getByRole("button", { name: "More actions" }).first().click();
    await page.getByRole("menuitem", { name: "Delete project" }).click();
    const dialog = page.getByRole("dialog");
    const go = dialog.getByRole("button", { name: /Delete/ }).last();
    assert.ok(await go.isDisabled());
    await dialog.getByRole("textbox").fill("short");
    await go.click();
    await page.waitForURL(/index/);
  },
};

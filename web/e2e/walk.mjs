// What people do, in a browser, against the real server: each step waits for what a person would see.
import assert from "node:assert/strict";
import { PASSWORD, USER, zip } from "./server.mjs";

const FILES = {
  "extract.job": "type=command\ncommand=echo extracting\n",
  "clean.job": 'type=command\ndependencies=extract\ncommand=bash -c "sleep 1; echo clean"\n',
  "broken.job": "type=command\ndependencies=clean\ncommand=bash broken.sh\n",
  "broken.sh": "for i in $(seq 1 700); do echo line $i; done\necho ERROR table is locked\nexit 3\n",
  "daily.job": "type=noop\ndependencies=broken\n",
  "slow.job": "type=command\ncommand=bash slow.sh\n",
  "slow.sh": "for i in $(seq 1 600); do echo tick $i; sleep 0.5; done\n",
};
/** A flow that is still busy when one of its jobs has failed; at the second attempt that job succeeds. */
const MIXED = {
  "flaky.job": "type=command\ncommand=bash flaky.sh\n",
  // Working folders are the execution's own.
  "flaky.sh": "if [ -e tried ]; then echo second time lucky; else touch tried; echo first time; exit 1; fi\n",
  "steady.job": "type=command\ncommand=sleep 60\n",
  "mixed.job": "type=noop\ndependencies=flaky,steady\n",
};
const ARCHIVE = { name: "etl.zip", mimeType: "application/zip", buffer: zip(FILES) };

/** The number in the address of an execution. */
function executionId(page) {
  return Number(new URL(page.url()).searchParams.get("execid"));
}

async function status(page, word) {
  await page.locator("h1 + span", { hasText: word }).first().waitFor({ timeout: 30_000 });
}

export const STEPS = {
  "a wrong password is told at the form": async (page) => {
    await page.goto("/manager?project=nothing-yet");
    await page.fill("#username", USER);
    await page.fill("#password", "wrong");
    await page.click("#login-submit");
    await page.locator("#error-msg:visible").waitFor();
  },
  "the wanted address survives the login": async (page) => {
    await page.fill("#password", PASSWORD);
    await page.click("#login-submit");
    await page.getByRole("heading", { name: "nothing-yet" }).waitFor();
    assert.match(page.url(), /project=nothing-yet/);
  },
  "a project is created": async (page) => {
    await page.goto("/index");
    await page.getByRole("button", { name: "Create project" }).first().click();
    await page.getByRole("dialog").getByLabel("Name").fill("etl");
    await page.getByRole("dialog").getByLabel("Description").fill("Nightly load");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.getByRole("heading", { name: "etl" }).waitFor();
    await page.getByText("No flows yet").waitFor();
  },
  "an archive with an error changes nothing": async (page) => {
    await page.getByRole("button", { name: "Upload" }).first().click();
    const buffer = zip({ "a.job": "type=command\ndependencies=missing\ncommand=true\n" });
    await page.locator("input[type=file]").setInputFiles({ ...ARCHIVE, buffer });
    await page.getByRole("dialog").getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText("Nothing was changed.", { exact: true }).waitFor();
    await page.keyboard.press("Escape");
  },
  "an archive is uploaded": async (page) => {
    await page.getByRole("button", { name: "Upload" }).first().click();
    await page.locator("input[type=file]").setInputFiles(ARCHIVE);
    await page.getByRole("dialog").getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText("is in place.").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("link", { name: "daily", exact: true }).waitFor();
  },
  "the graph is drawn and walked by keyboard": async (page) => {
    await page.getByRole("link", { name: "daily", exact: true }).click();
    const canvas = page.locator("canvas[data-painted]");
    await canvas.waitFor();
    assert.equal(await canvas.getAttribute("data-painted"), "4");
    await canvas.focus();
    await page.keyboard.press("ArrowDown");
    await page.locator("aside").getByRole("heading").waitFor();
  },
  "a menu of the graph opens by keyboard, and the list shares the selection": async (page) => {
    await page.locator("canvas[data-painted]").first().focus();
    await page.keyboard.press("Shift+F10");
    await page.getByRole("menuitem", { name: "Centre it" }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "List of jobs" }).click();
    await page.getByRole("listbox", { name: "Jobs" }).getByRole("option", { name: "broken" }).click();
    await page.locator("aside").getByRole("heading", { name: "broken" }).waitFor();
  },
  "a flow is executed with a disabled job": async (page) => {
    await page.getByRole("button", { name: "Execute" }).click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText(/Will run \d of \d jobs/).waitFor();
    await sheet.getByRole("checkbox", { name: "broken" }).uncheck();
    await sheet.getByText("skips 1").waitFor();
    await sheet.getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=/);
  },
  "the execution is watched until it succeeds": async (page) => {
    await status(page, "Success");
    assert.ok(executionId(page) > 0);
  },
  "a failure says why and leads to its log": async (page) => {
    await page.goto("/manager?project=etl&flow=daily&run");
    await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=/);
    await status(page, "Failed");
    await page.getByText(/broken failed/).waitFor();
    await page.getByRole("region", { name: "Why" }).getByRole("link", { name: "Log" }).first().click();
  },
  "the log opens at its first error": async (page) => {
    await page.getByText("ERROR table is locked").first().waitFor();
    assert.ok(!(await page.getByText("line 1", { exact: true }).isVisible()));
  },
  "an execution tells its retries, options and statistics": async (page) => {
    await page.goto("/executor?execid=2#options");
    await page.getByText("Finish running jobs").waitFor();
    await page.getByText("disabled", { exact: true }).waitFor();
    await page.keyboard.press("8");
    await page.getByRole("table", { name: "Statistics" }).getByRole("link", { name: "broken" }).waitFor();
    await page.keyboard.press("6");
    await page.getByText("No job was tried again").waitFor();
    await page.keyboard.press("2");
    await page.getByRole("link", { name: /broken.*Failed/ }).waitFor();
    await page.keyboard.press("l");
    await page.waitForURL(/job=broken/);
  },
  "the whole log is searched": async (page) => {
    await page.getByLabel("Search the whole log").fill("line 42");
    await page.locator("mark", { hasText: "line 42" }).first().waitFor();
    // 42 and 420 to 429.
    await page.getByText("1 / 11").waitFor();
  },
  "a running job's log follows its end, and the flow is killed": async (page) => {
    await page.goto("/manager?project=etl&flow=slow&run");
    await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=/);
    const id = executionId(page);
    await status(page, "Running");
    await page.goto(`/executor?execid=${id}&job=slow`);
    await page.getByText(/tick 4$/).waitFor({ timeout: 30_000 });
    await page.goto(`/executor?execid=${id}`);
    await page.getByRole("button", { name: "Kill" }).click();
    await status(page, "Killed");
  },
  "a run is repeated with its options": async (page) => {
    await page.getByRole("link", { name: "Run again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=4/);
    await page.getByRole("button", { name: "Kill" }).click();
    await status(page, "Killed");
  },
  "an archive is dropped on a project's page": async (page) => {
    await page.goto("/manager?project=etl");
    await page.getByRole("link", { name: "daily", exact: true }).waitFor();
    const bytes = [...zip({ ...FILES, ...MIXED })];
    const files = await page.evaluateHandle((content) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([new Uint8Array(content)], "dropped.zip", { type: "application/zip" }));
      return transfer;
    }, bytes);
    const target = page.locator("main section").first();
    await target.dispatchEvent("dragenter", { dataTransfer: files });
    await target.dispatchEvent("drop", { dataTransfer: files });
    // A dropped archive is meant: it is sent without another click.
    await page.getByRole("dialog").getByText("is in place.").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("link", { name: "mixed", exact: true }).waitFor();
  },
  "what failed is retried while the rest goes on": async (page) => {
    await page.goto("/manager?project=etl&flow=mixed&run");
    await page.getByRole("dialog").getByRole("button", { name: "Execute" }).click();
    await page.waitForURL(/execid=/);
    await page.getByRole("button", { name: "Retry failed" }).click({ timeout: 30_000 });
    await page.goto(`/executor?execid=${executionId(page)}#jobslist`);
    const job = page.locator("tr[data-row]", { hasText: "flaky" });
    await job.getByText("Success").waitFor({ timeout: 30_000 });
    await page.getByRole("button", { name: "Kill" }).click();
    await status(page, "Killed");
  },
  "the history finds what failed": async (page) => {
    await page.goto("/history?status=FAILED");
    await page.getByRole("link", { name: /#2/ }).waitFor();
    assert.equal(await page.locator("tr[data-row]").count(), 1);
  },
  "two executions are compared from the history": async (page) => {
    await page.goto("/history");
    await page.getByRole("checkbox", { name: "Select #1", exact: true }).check();
    await page.getByRole("checkbox", { name: "Select #2", exact: true }).check();
    await page.getByRole("button", { name: "Compare" }).click();
    await page.waitForURL(/compare\?a=1&b=2/);
  },
  "a filter that leaves nothing says which condition it is": async (page) => {
    await page.goto("/history?status=FAILED&user=nobody");
    await page.getByRole("button", { name: "Drop the condition: user" }).click();
    await page.getByRole("link", { name: /#2/ }).waitFor();
  },
  "a typing error finds the job all the same": async (page) => {
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("boken");
    await page.getByRole("option", { name: /broken/ }).waitFor();
    await page.keyboard.press("Escape");
  },
  "two versions are compared line by line": async (page) => {
    await page.goto("/manager?project=etl");
    await page.getByRole("button", { name: "Upload" }).first().click();
    const buffer = zip({ ...FILES, "extract.job": "type=command\ncommand=echo extracting more\n" });
    await page.locator("input[type=file]").setInputFiles({ ...ARCHIVE, buffer });
    await page.getByRole("dialog").getByRole("button", { name: "Upload", exact: true }).click();
    await page.getByText("is in place.").waitFor();
    await page.getByRole("button", { name: "Close" }).last().click();
    await page.getByRole("link", { name: "Versions" }).click();
    await page.getByRole("button", { name: "Roll back to this" }).first().click();
    const removed = page.locator("tr[data-kind=removed]", { hasText: "echo extracting more" });
    await removed.waitFor();
    await page.getByRole("button", { name: /^Roll back to v/ }).click();
    await page.getByText("has the old content").waitFor();
  },
  "a schedule is made and paused": async (page) => {
    await page.goto("/schedule");
    await page.getByRole("button", { name: "New schedule" }).click();
    const sheet = page.getByRole("dialog");
    for (const [field, name] of [
      ["Project", "etl"],
      ["Flow", "daily"],
    ]) {
      await sheet.getByRole("combobox", { name: field }).click();
      await page.getByRole("option", { name, exact: true }).click();
    }
    await sheet.getByRole("button", { name: "Continue" }).click();
    await sheet.getByText("Next runs").waitFor();
    await sheet.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();
  },
  "a schedule is edited, and what was not touched stays": async (page) => {
    await page.getByRole("button", { name: "Edit the schedule of daily" }).click();
    const sheet = page.getByRole("dialog");
    await sheet.getByText("Next runs").waitFor();
    await sheet.getByLabel("Time", { exact: true }).fill("04:30");
    await sheet.getByRole("button", { name: "Options" }).click();
    await sheet.getByRole("checkbox", { name: "broken" }).uncheck();
    await sheet.getByRole("button", { name: "Save" }).click();
    await page.getByText(/04:30/).first().waitFor();
    await page.getByRole("button", { name: "Resume" }).waitFor();
    await page.getByRole("button", { name: "Edit the schedule of daily" }).click();
    await sheet.getByText("1 job disabled").waitFor();
    await page.keyboard.press("Escape");
    await sheet.waitFor({ state: "hidden" });
  },
  "a removed schedule comes back": async (page) => {
    await page.getByRole("button", { name: "More for daily" }).click();
    await page.getByRole("menuitem", { name: "Remove schedule" }).click();
    await page.getByText("daily is no longer scheduled.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Resume" }).waitFor();
  },
  "a rule is made, changed, removed and taken back": async (page) => {
    await page.goto("/sla");
    await page.getByRole("button", { name: "New rule" }).first().click();
    const sheet = page.getByRole("dialog");
    await sheet.getByLabel("Within").fill("soon");
    await sheet.getByText("Write days, hours and minutes").waitFor();
    await sheet.getByLabel("Within").fill("1h 30m");
    await sheet.getByRole("button", { name: "Save" }).click();
    await sheet.getByText("A rule that tells of a miss needs somebody to tell.").waitFor();
    await sheet.getByRole("combobox", { name: "Mail to" }).fill("ops@example.com");
    await page.keyboard.press("Enter");
    await sheet.getByRole("button", { name: "Save" }).click();
    await page.getByText("1h 30m").waitFor();
    await page.getByRole("button", { name: "Change the rule of daily" }).click();
    await sheet.getByLabel("Within").fill("1d 2h");
    await sheet.getByRole("checkbox", { name: "Kill the flow" }).check();
    await sheet.getByRole("button", { name: "Save" }).click();
    await page.getByText("1d 2h").waitFor();
    await page.getByText("kills the flow").waitFor();
    await page.getByRole("button", { name: "Remove the rule of daily" }).click();
    await page.getByText("No rules yet").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("1d 2h").waitFor();
  },
  "a locked flow says who locked it, and is unlocked": async (page) => {
    await page.goto("/manager?project=etl&flow=daily");
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Lock flow…" }).click();
    await page.getByRole("dialog").getByLabel("Why").fill("the warehouse is moved");
    await page.getByRole("dialog").getByRole("button", { name: "Lock", exact: true }).click();
    const note = page.getByRole("note");
    await note.getByText("The flow is locked: the warehouse is moved").waitFor();
    await note.getByText(`by ${USER}`).waitFor();
    assert.ok(await page.getByRole("button", { name: "Execute" }).isDisabled());
    await note.getByRole("button", { name: "Unlock" }).click();
    await note.waitFor({ state: "hidden" });
  },
  "the page speaks Chinese": async (page) => {
    await page.goto("/index");
    await page.getByRole("button", { name: "Menu of azkaban" }).click();
    await page.getByRole("menuitem", { name: "中文" }).click();
    await page.getByRole("heading", { name: "项目" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "zh");
    await page.goto("/executor?execid=1");
    await status(page, "成功");
  },
};

// Bar 7: all of a day's work without a mouse. Every step presses keys only; focus is looked for where it must be.
import assert from "node:assert/strict";
import { PASSWORD, USER } from "../server.mjs";
import { api } from "./api.mjs";

const FILES = {
  "start.job": "type=command\ncommand=echo started\n",
  "spare.job": "type=command\ndependencies=start\ncommand=echo spare\n",
  "keys.job": "type=command\ndependencies=spare\ncommand=bash slow.sh\n",
  "slow.sh": "for i in $(seq 1 300); do echo tick $i; sleep 0.5; done\n",
};

/** What has the focus: its name and whether it can be seen that it has it. */
function focus(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return { name: "", role: "body", seen: false };
    const name =
      element.getAttribute("aria-label") ||
      (element.labels?.[0]?.textContent ?? "") ||
      element.textContent?.trim() ||
      element.getAttribute("placeholder") ||
      "";
    const shown = (style) =>
      (style.outlineStyle !== "none" && Number.parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
    // A text field may show it by its frame.
    const field = element.matches("input, textarea");
    const around = element.closest("[data-with-left-section], label, div") ?? element;
    const seen =
      shown(getComputedStyle(element)) ||
      shown(getComputedStyle(around)) ||
      (field && element.matches(":focus-visible"));
    return { name: name.split("\n")[0], role: element.tagName.toLowerCase(), seen };
  });
}

/** Presses Tab (or `key`) until something whose name is `wanted` has the focus; fails if it cannot be seen there. */
async function reach(page, wanted, { key = "Tab", most = 80 } = {}) {
  const passed = [];
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press(key);
    const at = await focus(page);
    passed.push(at.name.slice(0, 30));
    if (wanted.test(at.name)) {
      assert.ok(at.seen, `${at.name} has the focus, but it cannot be seen`);
      return;
    }
  }
  throw new Error(`${key} does not lead to ${wanted}: ${passed.join(" | ")}`);
}

const status = (page, word) => page.locator("h1 + span", { hasText: word }).first().waitFor({ timeout: 30_000 });

/** The walk, on a fresh page that has not logged in. `prepare` makes the project and names it. */
async function walk(page, prepare) {
  await page.goto("/index");
  await page.locator("#username").waitFor();
  await page.keyboard.type(USER);
  await page.keyboard.press("Tab");
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Projects" }).first().waitFor();
  const project = await prepare(page.context());

  // Find: the palette.
  await page.keyboard.press("Control+k");
  await page.waitForFunction(() => document.activeElement?.matches("[role=dialog] input"));
  await page.keyboard.type(project);
  await page.getByRole("dialog").getByText(project).nth(0).waitFor();
  await page.getByRole("option").first().waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(project));
  await page.getByRole("link", { name: "keys", exact: true }).waitFor();
  await reach(page, /^keys$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/flow=keys/);

  // Disable a job and execute.
  await page.locator("canvas[data-painted]").waitFor();
  await reach(page, /^Execute$/);
  await page.keyboard.press("Enter");
  await page
    .getByRole("dialog")
    .getByText(/Will run \d of \d jobs/)
    .waitFor();
  await reach(page, /^spare$/);
  await page.keyboard.press("Space");
  await page.getByText("skips 1").waitFor();
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(/execid=/);
  await status(page, "Running");
  const execution = new URL(page.url()).searchParams.get("execid");

  // Follow its log.
  await reach(page, /^Jobs/);
  await page.keyboard.press("Enter");
  await page.locator(`main a[href*="job=keys"]`).first().waitFor();
  await reach(page, /^(keys|Log)$/);
  await page.keyboard.press("Enter");
  await page.waitForURL(/job=/);
  await page.goBack();
  await status(page, "Running");

  // Kill, and retry.
  await page.keyboard.press("Shift+K");
  await status(page, "Killed");
  await reach(page, /^Run again$/);
  await page.keyboard.press("Enter");
  await page
    .getByRole("dialog")
    .getByText(/Will run/)
    .waitFor();
  await page.keyboard.press("Control+Enter");
  await page.waitForURL(
    (url) =>
      /execid=/.test(url) && !url.href.includes(`execid=${execution}&`) && !url.href.endsWith(`execid=${execution}`),
  );
  await status(page, "Running");
  await page.keyboard.press("Shift+K");
  await status(page, "Killed");

  // A dialog gives the focus back.
  await page.keyboard.press("Shift+?");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });

  // Schedule.
  await page.goto(`/manager?project=${project}&flow=keys`);
  await page.locator("canvas[data-painted]").waitFor();
  await reach(page, /^Schedule$/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").getByText("Next runs").waitFor();
  await reach(page, /^Save$/);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Pause" }).first().waitFor();

  // History: j and k walk, Enter opens.
  await page.keyboard.press("g");
  await page.keyboard.press("y");
  await page.waitForURL(/history/);
  await page.locator("tr[data-row]").first().waitFor();
  await page.keyboard.press("j");
  const row = await page.evaluate(() => document.activeElement?.matches("tr[data-row]") ?? false);
  assert.ok(row, "j does not go to the first row");
  await page.keyboard.press("Enter");
  await page.waitForURL(/execid=/);
}

/** The walk, with a project of its own. */
export function walkOnKeys(page) {
  const project = `keys${Date.now()}`;
  return walk(page, async (context) => {
    await (await api(context)).upload(project, FILES);
    return project;
  });
}

export async function keyboard({ profile, report }) {
  const context = await profile();
  await context.clearCookies();
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const problem = await walkOnKeys(page).then(
    () => [],
    (error) => [`${error.message.split("\n")[0]} at ${page.url()}`],
  );
  report.none("steps that need a mouse", problem);
  await context.close();
}

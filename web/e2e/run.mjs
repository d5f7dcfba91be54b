// `node e2e/run.mjs`: every step in order; the first that fails leaves a picture. Also: nothing foreign is loaded, no rule
// of the Content-Security-Policy is broken, no script fails.
import { chromium } from "playwright-core";
import { startServer } from "./server.mjs";
import { STEPS } from "./walk.mjs";

const server = await startServer();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const context = await browser.newContext({
  baseURL: server.base,
  viewport: { width: 1440, height: 900 },
  locale: "en-US",
});
const page = await context.newPage();
page.setDefaultTimeout(15_000);
const wrong = [];
page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
page.on("console", (message) => {
  if (/Content.Security.Policy/i.test(message.text())) wrong.push(`policy: ${message.text()}`);
});
page.on("request", (request) => {
  const url = new URL(request.url());
  if (url.protocol.startsWith("http") && url.origin !== server.base) wrong.push(`foreign: ${url}`);
});
let failed = false;
for (const [name, step] of Object.entries(STEPS)) {
  const start = Date.now();
  try {
    await step(page);
    console.log(`ok    ${name} (${Date.now() - start} ms)`);
  } catch (error) {
    failed = true;
    console.log(`FAIL  ${name}\n${error.message}\n${page.url()}`);
    await page.screenshot({ path: process.env.E2E_PICTURE ?? "e2e-failure.png" });
    if (!process.env.E2E_GO_ON) break;
  }
}
for (const problem of wrong) console.log(`WRONG ${problem}`);
await browser.close();
await server.stop();
process.exitCode = failed || wrong.length > 0 ? 1 : 0;

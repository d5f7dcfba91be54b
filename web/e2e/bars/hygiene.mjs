// Bar 9: nothing foreign is loaded and no rule of the Content-Security-Policy is broken. That no text stands outside the
// language files, and that they have the same keys, are unit tests: src/i18n/*.test.ts.
import { settled } from "./accessibility.mjs";

/** Notes what a page does that it must not, from now on. */
export function watch(page, base) {
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`script: ${error.message}`));
  page.on("console", (message) => {
    if (/Content.Security.Policy/i.test(message.text())) wrong.push(`policy: ${message.text()}`);
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== base) wrong.push(`foreign: ${url}`);
  });
  return wrong;
}

export async function hygiene({ profile, report, server }) {
  const context = await profile();
  const page = await context.newPage();
  const wrong = watch(page, server.base);
  const paths = [
    "/home",
    "/index?all",
    "/manager?project=orders",
    "/manager?project=orders&flow=orders_daily",
    "/manager?project=orders&flow=orders_daily#grid",
    "/manager?project=orders&flow=orders_daily&run=1",
    "/executor?execid=9000#timeline",
    "/executor?execid=9000#log",
    "/history",
    "/schedule",
    "/schedule?project=orders&flow=orders_daily&edit=1",
    "/executors",
    "/me",
  ];
  const lax = [];
  for (const path of paths) {
    await page.goto("about:blank");
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().isNavigationRequest()),
      settled(page, path),
    ]);
    const policy = answer.headers()["content-security-policy"] ?? "";
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? "'unsafe-inline' (no policy)";
    if (/unsafe-inline|unsafe-eval|https?:|\*/.test(scripts)) lax.push(`${path}: script-src ${scripts}`);
  }
  report.none("foreign requests, breaches of the policy, script errors", wrong);
  report.none("pages with a lax policy", lax);
  await context.close();
}

// Pictures of pages for looking at: `node e2e/shots.mjs BASE OUT PATH…` takes each in two sizes, schemes and languages.
import { mkdirSync } from "node:fs";
import { launch, PASSWORD, USER } from "./server.mjs";

const [base, out, ...paths] = process.argv.slice(2);
const only = process.env.ONLY?.split(",");
mkdirSync(out, { recursive: true });
const browser = await launch();
const sizes = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ["light", "dark"]) {
    for (const locale of ["en", "zh-CN"]) {
      const name = `${size}-${colorScheme}-${locale.slice(0, 2)}`;
      if (only && !only.includes(name)) continue;
      const context = await browser.newContext({ viewport, colorScheme, locale, baseURL: base });
      const page = await context.newPage();
      page.on("console", (message) => message.type() === "error" && console.log(name, message.text()));
      page.on("pageerror", (error) => console.log(name, "page error", error.message));
      await context.request.post("/", { form: { action: "login", username: USER, password: PASSWORD } });
      for (const [index, path] of paths.entries()) {
        await page.goto(path);
        await page.waitForLoadState("load");
        await page.waitForTimeout(Number(process.env.WAIT ?? 900));
        await page.screenshot({ path: `${out}/${index}-${name}.png` });
      }
      await context.close();
    }
  }
}
await browser.close();

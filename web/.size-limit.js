// What a first visit loads, and the parts that come when they are needed; brotli, without the font.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const head = existsSync("dist/head.html") ? readFileSync("dist/head.html", "utf8") : "";
const loaded = (ending) =>
  [...head.matchAll(/\/(assets\/[^"]+)"/g)].map((match) => `dist/${match[1]}`).filter((name) => name.endsWith(ending));
const parts = (...names) =>
  readdirSync("dist/assets")
    .filter((name) => name.endsWith(".js") && names.some((part) => name.startsWith(`${part}-`)))
    .map((name) => `dist/assets/${name}`);

/** The part that draws graphs; bundlers name parts that several pages share as they like. */
const drawing = readdirSync("dist/assets")
  .map((name) => `dist/assets/${name}`)
  .filter((name) => name.endsWith(".js") && readFileSync(name, "utf8").includes("roundRect"));

export default [
  { name: "first load: scripts", path: loaded(".js"), limit: "250 kB" },
  { name: "first load: styles", path: loaded(".css"), limit: "32 kB" },
  { name: "one language", path: parts("zh"), limit: "12 kB" },
  { name: "graph", path: drawing, limit: "60 kB" },
  { name: "log", path: parts("LogView"), limit: "15 kB" },
  { name: "tables", path: parts("DataTable"), limit: "24 kB" },
  { name: "wording of schedules", path: parts("cronstrue", "zh_CN"), limit: "10 kB" },
];

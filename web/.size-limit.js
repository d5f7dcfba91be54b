// What a first visit loads, and the parts that come when they are needed; brotli, without the font.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const head = existsSync("dist/head.html") ? readFileSync("dist/head.html", "utf8") : "";
const loaded = (ending) =>
  [...head.matchAll(/\/(assets\/[^"]+)"/g)].map((match) => `dist/${match[1]}`).filter((name) => name.endsWith(ending));
const parts = (...names) =>
  readdirSync("dist/assets")
    .filter((name) => name.endsWith(".js") && names.some((part) => name.startsWith(`${part}-`)))
    .map((name) => `dist/assets/${name}`);

export default [
  { name: "first load: scripts", path: loaded(".js"), limit: "250 kB" },
  { name: "first load: styles", path: loaded(".css"), limit: "32 kB" },
  { name: "one language", path: parts("zh"), limit: "12 kB" },
  { name: "graph", path: parts("FlowGraph"), limit: "60 kB" },
  { name: "log", path: parts("LogView"), limit: "15 kB" },
  { name: "tables", path: parts("DataTable"), limit: "24 kB" },
  { name: "wording of schedules", path: parts("cronstrue", "zh_CN"), limit: "10 kB" },
];

// Makes of Vite's output what the server embeds: each asset beside its brotli and gzip form, and `head.html`, the lines
// that a page needs to load the app.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const assets = join(dist, "assets");

// The script of the first paint gets a name by its content like all others.
const theme = readFileSync(join(dist, "theme.js"));
const themeName = `theme-${createHash("sha256").update(theme).digest("base64url").slice(0, 8)}.js`;
renameSync(join(dist, "theme.js"), join(assets, themeName));

const html = readFileSync(join(dist, "index.html"), "utf8");
const tags =
  html.match(/<(?:script type="module"|link rel="(?:modulepreload|stylesheet)")[^>]*>(?:<\/script>)?/g) ?? [];
const head = [`<script src="/assets/${themeName}"></script>`, ...tags].map((tag) => tag.replace(" crossorigin", ""));
writeFileSync(join(dist, "head.html"), `${head.join("\n")}\n`);
rmSync(join(dist, "index.html"));

for (const name of readdirSync(assets)) {
  if (/\.(woff2|br|gz|map)$/.test(name)) continue;
  const path = join(assets, name);
  const content = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

function texts(folder: string, ending: string): string {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(ROOT, folder, name), "utf8"))
    .join("\n");
}

/** How each kind of test is named in the code. */
function exists(kind: string, name: string, found: Record<string, string>): boolean {
  const code = found[kind];
  if (code === undefined) return false;
  return kind === "server" ? code.includes(`fn ${name}(`) : code.includes(`"${name}"`);
}

describe("docs/ui.md", () => {
  const rows = readFileSync(join(ROOT, "docs/ui.md"), "utf8")
    .split("\n")
    .flatMap((line) => {
      const match = /^\| ([A-Z]{3}-\d+) \| (.+) \|$/.exec(line);
      return match ? [[match[1] ?? "", match[2] ?? ""] as const] : [];
    });

  it("names only tests that exist", () => {
    const found: Record<string, string> = {
      e2e: texts("web/e2e", ".mjs"),
      bars: readdirSync(join(ROOT, "web/e2e/bars"))
        .map((name) => `"${name}"`)
        .join(" "),
      unit: texts("web/src", ".test.ts"),
      server: texts("crates/azkaban-server/tests", ".rs") + texts("crates/azkaban/tests", ".rs"),
    };
    const wrong = rows.flatMap(([id, tests]) => {
      if (/^not (yet|an item): \S/.test(tests)) return [];
      const named = [...tests.matchAll(/(\w+) `([^`]+)`/g)];
      if (named.length === 0) return [`${id} names no test`];
      return named.flatMap(([, kind = "", name = ""]) =>
        exists(kind, name, found) ? [] : [`${id}: ${kind} has no test "${name}"`],
      );
    });
    expect(wrong).toEqual([]);
  });

  it("has every check once, without a gap", () => {
    const ids = rows.map(([id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const area of new Set(ids.map((id) => id.slice(0, 3)))) {
      const all = ids.filter((id) => id.startsWith(area));
      expect(all).toEqual(all.map((_, index) => `${area}-${index + 1}`));
    }
    expect(ids.length).toBeGreaterThan(150);
  });
});

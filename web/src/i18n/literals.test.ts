import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

/** Attributes that people read or hear. */
const SPOKEN = new Set(["alt", "aria-description", "aria-label", "description", "label", "placeholder", "title"]);

/** Names that are the same in every language, and units that are written the same. */
const SAME = new Set(["Azkaban", "K", "Ctrl", "s", "ms", "CSV", "PNG", "SVG", "English", "中文"]);

/** Texts in `code` that stand outside the language files. */
function literals(code: string, name = "page.tsx"): string[] {
  const file = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const note = (node: ts.Node, text: string) => {
    const words = text.trim();
    if (!/\p{L}{2}|\p{Script=Han}/u.test(words) || SAME.has(words)) return;
    found.push(`${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${words}`);
  };
  const look = (node: ts.Node) => {
    if (ts.isJsxText(node)) note(node, node.text);
    else if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText())) {
      const value = node.initializer;
      const inner = value && ts.isJsxExpression(value) ? value.expression : value;
      if (inner && ts.isStringLiteralLike(inner)) note(inner, inner.text);
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) {
      if (node.expression && ts.isStringLiteralLike(node.expression)) note(node, node.expression.text);
    }
    ts.forEachChild(node, look);
  };
  look(file);
  return found;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sources(join(folder, entry.name))
      : entry.name.endsWith(".tsx") && !entry.name.includes(".test.")
        ? [join(folder, entry.name)]
        : [],
  );
}

describe("texts of pages", () => {
  it("are found where they stand in the code", () => {
    const code = `const a = <p title="A tip">Words <b>{"more"}</b> 12 {t("key")} <i aria-label={\`x\`}>·</i></p>;`;
    expect(literals(code)).toEqual(["page.tsx:1: A tip", "page.tsx:1: Words", "page.tsx:1: more"]);
  });

  it("stand in the language files only", () => {
    const root = join(import.meta.dirname, "..");
    expect(sources(root).flatMap((path) => literals(readFileSync(path, "utf8"), path.slice(root.length + 1)))).toEqual(
      [],
    );
  });
});

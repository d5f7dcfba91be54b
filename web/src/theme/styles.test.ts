import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const STYLES = "node_modules/@mantine/core/styles";
const loaded = readFileSync("src/theme/mantine.ts", "utf8");

/** Components whose styles live in another's file or inside others. */
const INSIDE: Record<string, string[]> = {
  TextInput: ["Input"],
  Textarea: ["Input"],
  FileInput: ["Input", "CloseButton"],
  Select: ["Input", "Combobox", "Popover", "ScrollArea"],
  MultiSelect: ["Input", "Combobox", "Popover", "ScrollArea", "Pill", "PillsInput"],
  Autocomplete: ["Input", "Combobox", "Popover", "ScrollArea"],
  TagsInput: ["Input", "Combobox", "Popover", "ScrollArea", "Pill", "PillsInput"],
};

describe("the styles of Mantine's components", () => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".tsx"));
  const used = new Set(
    sources.flatMap((file) =>
      [...readFileSync(`src/${file}`, "utf8").matchAll(/import \{([^}]*)\} from "@mantine\/core"/g)].flatMap((match) =>
        (match[1] ?? "").split(",").map((name) => name.replace(/^\s*type /, "").trim()),
      ),
    ),
  );
  it.each([...used].filter((name) => /^[A-Z]/.test(name)))("are loaded for %s", (name) => {
    for (const part of [name, ...(INSIDE[name] ?? [])]) {
      if (existsSync(`${STYLES}/${part}.layer.css`)) expect(loaded).toContain(`/${part}.layer.css"`);
    }
  });
});

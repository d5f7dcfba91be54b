import { describe, expect, it } from "vitest";
import { STATUS_NAMES } from "../status/statuses";
import en from "./locales/en.json";
import zh from "./locales/zh.json";

type Texts = { [key: string]: string | Texts };

function flat(texts: Texts, prefix = ""): Map<string, string> {
  const all = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") all.set(prefix + key, value);
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) all.set(inner, text);
  }
  return all;
}

const slots = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map((match) => match[1]).sort();
/** English has two forms where Chinese has one. */
const singular = (key: string) => key.replace(/_(one|other)$/, "");

describe("languages", () => {
  const [english, chinese] = [flat(en), flat(zh)];

  it("have the same keys", () => {
    const keys = (texts: Map<string, string>) => [...new Set([...texts.keys()].map(singular))].sort();
    expect(keys(chinese)).toEqual(keys(english));
  });

  it("have the same slots", () => {
    for (const [key, text] of english) {
      const other = chinese.get(key) ?? chinese.get(`${singular(key)}_other`) ?? "";
      expect(slots(other), key).toEqual(slots(text));
    }
  });

  it("have no empty text and a word for every status", () => {
    for (const texts of [english, chinese]) {
      for (const [key, text] of texts) expect(text.trim(), key).not.toBe("");
      for (const status of STATUS_NAMES) expect(texts.has(`status.${status}`), status).toBe(true);
    }
  });
});

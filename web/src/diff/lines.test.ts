import { describe, expect, it } from "vitest";
import { diffLines, hunks } from "./lines";

const signs = (before: string, after: string) =>
  diffLines(before, after).map((line) => `${{ same: " ", removed: "-", added: "+" }[line.kind]}${line.text}`);

describe("two texts line by line", () => {
  it.each([
    ["a\nb\nc\n", "a\nb\nc\n", [" a", " b", " c"]],
    ["a\nb\nc\n", "a\nx\nc\n", [" a", "-b", "+x", " c"]],
    ["", "a\n", ["+a"]],
    ["a", "", ["-a"]],
    ["", "", []],
    ["a\r\nb\r\n", "a\nb\n", [" a", " b"]],
    ["a\nb\nc\na\nb\nb\na", "c\nb\na\nb\na\nc", ["-a", "-b", " c", "+b", " a", " b", "-b", " a", "+c"]],
  ])("%j and %j", (before, after, wanted) => expect(signs(before, after)).toEqual(wanted));

  it("say each line's number on its side", () => {
    const [, removed, added, last] = diffLines("a\nb\nc", "a\nx\nc");
    expect([removed?.before, removed?.after, added?.before, added?.after, last?.before, last?.after]).toEqual([
      2,
      null,
      null,
      2,
      3,
      3,
    ]);
  });

  it("hold both texts, whatever they are", () => {
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % most;
    };
    for (let round = 0; round < 200; round += 1) {
      const text = () => Array.from({ length: random(30) }, () => "abcde"[random(5)]).join("\n");
      const [before, after] = [text(), text()];
      const lines = diffLines(before, after);
      const side = (not: string) =>
        lines
          .filter((line) => line.kind !== not)
          .map((line) => line.text)
          .join("\n");
      expect(side("added")).toBe(before);
      expect(side("removed")).toBe(after);
    }
  });

  it("do not take forever where nothing is alike", () => {
    const text = (word: string) => Array.from({ length: 50_000 }, (_, at) => `${word}${at}`).join("\n");
    expect(diffLines(text("a"), text("b"))).toHaveLength(100_000);
  });

  it("leave out what is far from a change", () => {
    const before = Array.from({ length: 20 }, (_, at) => String(at)).join("\n");
    const shown = hunks(diffLines(before, before.replace("10", "ten")), 2);
    expect(shown[0]).toEqual({ skipped: 8, from: 0 });
    expect(shown.slice(1, -1).map((line) => ("text" in line ? line.text : ""))).toEqual([
      "8",
      "9",
      "10",
      "ten",
      "11",
      "12",
    ]);
    expect(shown.at(-1)).toEqual({ skipped: 7, from: 14 });
  });
});

import { describe, expect, it } from "vitest";
import { folded, formatRange, LONGEST, parseRange, pieces, plain } from "./lines";

describe("log lines", () => {
  it("show what a terminal shows after a carriage return", () => {
    expect(folded("10%\r50%\r100%")).toBe("100%");
    expect(folded("dos line\r")).toBe("dos line");
    expect(folded("plain")).toBe("plain");
  });

  it("take colours from escape sequences and lose the sequences", () => {
    const line = "ok \u001b[31mERROR\u001b[0m \u001b[1mbold\u001b[0m";
    expect(plain(line)).toBe("ok ERROR bold");
    expect(pieces(line).find((piece) => piece.text === "ERROR")?.looks).toEqual(["red"]);
    expect(pieces(line).find((piece) => piece.text === "bold")?.looks).toEqual(["bold"]);
  });

  it("never make markup", () => expect(pieces("<b>&amp;")).toEqual([{ text: "<b>&amp;", looks: [] }]));

  it("are cut where nobody reads on", () => expect(folded("x".repeat(1_000_000)).length).toBe(LONGEST + 1));
});

describe("ranges of lines", () => {
  it.each([
    ["812", [811, 811]],
    ["20-10", [9, 19]],
    ["0", null],
    ["x", null],
    ["", null],
    ["99999999999", null],
  ] as const)("%s", (text, range) => expect(parseRange(text)).toEqual(range));

  it("come back as they were", () => expect(formatRange(parseRange("10-20") ?? [0, 0])).toBe("10-20"));
});

import { describe, expect, it } from "vitest";
import { isScaled, LINE_PX, lineAt, scrollHeight, scrollTopOf } from "./scroll";

const VIEW = 600;

describe("a log's scroll bar", () => {
  it("is plain arithmetic for logs that fit", () => {
    expect(isScaled(10_000, VIEW)).toBe(false);
    expect(lineAt(180, 10_000, VIEW)).toBeCloseTo(10, 6);
    expect(scrollTopOf(10, 10_000, VIEW)).toBeCloseTo(180, 6);
  });

  it("reaches every line of a log of ten million", () => {
    const lines = 10_000_000;
    expect(isScaled(lines, VIEW)).toBe(true);
    expect(scrollHeight(lines, VIEW)).toBe(6_000_000);
    for (const line of [0, 1, 812, 5_000_000, lines - 40]) {
      expect(lineAt(scrollTopOf(line, lines, VIEW), lines, VIEW)).toBeCloseTo(line, 3);
    }
    const bottom = lineAt(6_000_000 - VIEW, lines, VIEW);
    expect(bottom + VIEW / LINE_PX).toBeGreaterThanOrEqual(lines);
  });

  it("does not scroll what is shorter than the view", () => {
    expect(scrollHeight(3, VIEW)).toBe(VIEW);
    expect(lineAt(0, 3, VIEW)).toBe(0);
  });
});

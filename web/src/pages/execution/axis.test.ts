import { describe, expect, it } from "vitest";
import { axis } from "./axis";

describe("a time axis", () => {
  it("is even without folds", () => {
    const { place, folds } = axis(1_000, 11_000, null);
    expect([0, 1_000, 6_000, 11_000, 99_000].map(place)).toEqual([0, 0, 0.5, 1, 1]);
    expect(folds).toEqual([]);
  });

  it("folds what is idle, and nothing else", () => {
    // Busy for 10 s, idle for an hour, busy for 10 s with a short rest.
    const busy = [
      { start: 0, end: 10_000 },
      { start: 3_610_000, end: 3_614_000 },
      { start: 3_616_000, end: 3_620_000 },
    ];
    const { place, folds, marks } = axis(0, 3_620_000, busy);
    expect(folds).toHaveLength(1);
    expect(folds[0]?.left).toBeCloseTo(0.49, 5);
    expect(folds[0]?.width).toBeCloseTo(0.02, 5);
    expect(place(10_000)).toBeCloseTo(0.49, 5);
    expect(place(3_610_000)).toBeCloseTo(0.51, 5);
    expect(place(3_620_000)).toBeCloseTo(1, 5);
    for (const [index, mark] of marks.entries())
      expect(mark.left - (marks[index - 1]?.left ?? -1)).toBeGreaterThanOrEqual(0.07);
  });

  it("never goes back", () => {
    const { place } = axis(0, 100_000, [
      { start: 40_000, end: 41_000 },
      { start: 80_000, end: 81_000 },
    ]);
    let before = 0;
    for (let at = 0; at <= 100_000; at += 500) {
      expect(place(at)).toBeGreaterThanOrEqual(before);
      before = place(at);
    }
    expect(before).toBeCloseTo(1, 9);
  });
});

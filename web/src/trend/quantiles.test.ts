import { describe, expect, it } from "vitest";
import { quantile, rolling, roundTop } from "./quantiles";

describe("a trend", () => {
  it("has quantiles", () => {
    expect(quantile([], 0.5)).toBeNull();
    expect(quantile([3, 1, 2], 0.5)).toBe(2);
    expect(quantile([5, 1, 2, 3, 4, 6, 7, 8, 9, 10], 0.95)).toBe(10);
  });
  it("rolls over the last runs and skips those without a duration", () => {
    expect(rolling([1, null, 3, 100], 3, 0.5)).toEqual([1, 1, 3, 100]);
    expect(rolling([null], 3, 0.5)).toEqual([null]);
  });
  it.each([
    [0, 10],
    [11, 20],
    [900, 1_000],
    [5_600, 6_000],
    [3_000_000, 3_600_000],
    [8_000_000, 14_400_000],
  ])("ends at a round number: %s", (most, top) => expect(roundTop(most)).toBe(top));
});

import { describe, expect, it } from "vitest";
import { ticks } from "./ticks";

describe("marks of the time axis", () => {
  it.each([
    [1_000, [0, 200, 400, 600, 800]],
    [9_000, [0, 2_000, 4_000, 6_000, 8_000]],
    [3_600_000, [0, 600_000, 1_200_000, 1_800_000, 2_400_000, 3_000_000]],
  ])("%s", (length, marks) => expect(ticks(length)).toEqual(marks));

  it("are few, however long it takes", () => {
    for (const length of [1, 7_777, 86_400_000 * 30, 86_400_000 * 4_000])
      expect(ticks(length).length).toBeLessThanOrEqual(9);
  });
});

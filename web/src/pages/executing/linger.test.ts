import { describe, expect, it } from "vitest";
import { linger } from "./linger";

const rows = (...ids: number[]) => ids.map((id) => ({ id }));
const ids = (shown: ReturnType<typeof linger<{ id: number }>>) =>
  shown.map(({ row, gone }) => (gone ? `(${row.id})` : `${row.id}`)).join(" ");

describe("rows that have gone", () => {
  it("stay at their place for a while, new ones come after them", () => {
    let shown = linger([], rows(1, 2, 3), 0, 10_000);
    shown = linger(shown, rows(1, 3), 1_000, 10_000);
    expect(ids(shown)).toBe("1 (2) 3");
    shown = linger(shown, rows(3, 4), 5_000, 10_000);
    expect(ids(shown)).toBe("(1) (2) 3 4");
    shown = linger(shown, rows(3, 4), 11_000, 10_000);
    expect(ids(shown)).toBe("(1) 3 4");
    shown = linger(shown, rows(3, 4), 15_000, 10_000);
    expect(ids(shown)).toBe("3 4");
  });

  it("are as before if they come back", () => {
    let shown = linger([], rows(1), 0, 10_000);
    shown = linger(shown, [], 1_000, 10_000);
    expect(ids(linger(shown, rows(1), 2_000, 10_000))).toBe("1");
  });
});

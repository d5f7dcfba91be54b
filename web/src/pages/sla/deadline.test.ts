import { describe, expect, it } from "vitest";
import { deadline, margin, parseDeadline } from "./deadline";

const HOUR = 3_600_000;

describe("deadlines", () => {
  it.each([
    ["1d 2h 30m", 26.5 * HOUR],
    ["90m", 1.5 * HOUR],
    ["1h30m", 1.5 * HOUR],
    [" 2 H ", 2 * HOUR],
    ["1:30", 1.5 * HOUR],
    ["100:00", 100 * HOUR],
    ["0m", null],
    ["0:00", null],
    ["1h 2h", null],
    ["1x", null],
    ["1.5h", null],
    ["-1h", null],
    ["1:60", null],
    ["", null],
  ])("reads %j", (text, expected) => expect(parseDeadline(text)).toBe(expected));

  it("writes what it reads", () => {
    for (const text of ["1d 2h 30m", "30m", "2h", "3d", "365d 23h 59m"])
      expect(deadline(parseDeadline(text) ?? 0)).toBe(text);
    expect(deadline(0)).toBe("0m");
  });

  it("tells a comfortable margin from a tight one and from none", () => {
    expect(margin(null, HOUR)).toBeNull();
    expect(margin(HOUR / 2, HOUR)).toEqual({ share: 0.5, family: "ok", leftMs: HOUR / 2 });
    expect(margin(0.9 * HOUR, HOUR)?.family).toBe("warn");
    expect(margin(2 * HOUR, HOUR)).toEqual({ share: 1, family: "fail", leftMs: -HOUR });
  });
});

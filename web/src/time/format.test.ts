import { describe, expect, it } from "vitest";
import { absolute, bytes, clockMillis, duration, isRepeated, relative, wallClock } from "./format";

const AT = Date.UTC(2026, 10, 24, 2, 25, 7, 45);

describe("times", () => {
  it.each([
    ["Asia/Shanghai", "2026-11-24 10:25:07", "+08:00"],
    ["UTC", "2026-11-24 02:25:07", "+00:00"],
    ["America/Los_Angeles", "2026-11-23 18:25:07", "-08:00"],
    ["Asia/Kathmandu", "2026-11-24 08:10:07", "+05:45"],
  ])("shows the wall clock of %s", (zone, text, offset) => {
    expect(absolute(AT, zone)).toBe(text);
    expect(wallClock(AT, zone).offset).toBe(offset);
  });

  it("shows a dash for a time that is not there", () => {
    for (const missing of [null, undefined, -1]) expect(absolute(missing, "UTC")).toBe("–");
  });

  it("has milliseconds where they count", () => {
    expect(clockMillis(AT, "UTC")).toBe("02:25:07.045");
  });

  it("knows the hour that comes twice", () => {
    const twice = Date.UTC(2026, 10, 1, 8, 30); // 01:30 in Los Angeles, for the first time
    expect(isRepeated(twice, "America/Los_Angeles")).toBe(true);
    expect(isRepeated(AT, "America/Los_Angeles")).toBe(false);
  });

  it("counts back within a day only", () => {
    expect(relative(AT - 125_000, AT, "en")).toBe("2 min. ago");
    expect(relative(AT + 3 * 3_600_000, AT, "en")).toBe("in 3 hr.");
    expect(relative(AT - 125_000, AT, "zh")).toContain("2");
    expect(relative(AT - 86_400_000, AT, "en")).toBeUndefined();
  });
});

describe("durations", () => {
  it.each([
    [0, "0 ms"],
    [840, "840 ms"],
    [12_999, "12 s"],
    [247_000, "4m 07s"],
    [7_500_000, "2h 05m"],
    [273_600_000, "3d 04h"],
    [-1, "–"],
    [null, "–"],
  ])("%s is %s", (millis, text) => expect(duration(millis)).toBe(text));
});

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [1536, "1.5 KiB"],
    [2 ** 30, "1.0 GiB"],
    [200 * 2 ** 20, "200 MiB"],
  ])("%s is %s", (count, text) => expect(bytes(count, "en")).toBe(text));
});

import { describe, expect, it } from "vitest";
import type { PastFire, Schedule } from "../../api/types";
import { entries, isBad, isFrequent, latest } from "./week";

const NOW = 1_000_000_000;
const run = (at: number, status: string): PastFire => ({
  at,
  handledAt: at,
  run: { id: 1, status, startedAt: at, endedAt: at },
  code: null,
  reason: null,
});
const missed = (at: number): PastFire => ({ at, handledAt: at, run: null, code: "missed", reason: "it was missed" });
const schedule = (fires: number[], past: PastFire[], firstAt = 0) => ({ fires, past, firstAt }) as unknown as Schedule;

describe("the week of a schedule", () => {
  it("joins what was with what comes", () => {
    const all = entries(
      schedule(
        [NOW - 400_000, NOW - 300_000, NOW - 10_000, NOW + 10_000],
        [run(NOW - 300_000, "FAILED"), missed(NOW - 200_000)],
      ),
      NOW,
    );
    expect(all.map((entry) => entry.kind)).toEqual(["unknown", "ran", "refused", "due", "forecast"]);
    expect(all.map(isBad)).toEqual([false, true, true, false, false]);
  });

  it("reckons no fires before the schedule was what it is, but keeps what was stored", () => {
    const all = entries(
      schedule([NOW - 400_000, NOW - 100_000], [run(NOW - 390_000, "SUCCEEDED")], NOW - 200_000),
      NOW,
    );
    expect(all.map((entry) => [entry.at, entry.kind])).toEqual([
      [NOW - 390_000, "ran"],
      [NOW - 100_000, "unknown"],
    ]);
  });

  it("leaves the calendar to what runs hourly at most", () => {
    const many = Array.from({ length: 193 }, (_, index) => index);
    expect(isFrequent(schedule(many.slice(1), []))).toBe(false);
    expect(isFrequent(schedule(many, []))).toBe(true);
    expect(isFrequent(schedule([], many.map(missed)))).toBe(true);
  });

  it("knows the latest fire", () => {
    expect(latest(schedule([], [missed(5), run(9, "RUNNING"), missed(7)]))?.at).toBe(9);
    expect(latest(schedule([], []))).toBeUndefined();
  });
});

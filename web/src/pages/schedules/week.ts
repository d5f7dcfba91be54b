import type { PastFire, Schedule } from "../../api/types";

/** A fire of a schedule in the calendar. */
export interface Entry {
  at: number;
  schedule: Schedule;
  /** `ran`, `refused` (it started nothing), `unknown` (it has passed and nothing is stored of it), `due`, `forecast`. */
  kind: "ran" | "refused" | "unknown" | "due" | "forecast";
  past: PastFire | null;
}

/** A fire that is this late is being dealt with; later nothing was stored of it. */
const GRACE_MS = 60_000;

/** What became of the fires of a schedule, and those to come, in their order. */
export function entries(schedule: Schedule, now: number): Entry[] {
  const dealt = new Map(schedule.past.map((past) => [past.at, past]));
  const all: Entry[] = schedule.past.map((past) => ({
    at: past.at,
    schedule,
    kind: past.run ? "ran" : "refused",
    past,
  }));
  for (const at of schedule.fires) {
    // Before its first time the schedule was another one, whose fires are among those that were dealt with.
    if (dealt.has(at) || at < schedule.firstAt) continue;
    const kind = at > now ? "forecast" : at > now - GRACE_MS ? "due" : "unknown";
    all.push({ at, schedule, kind, past: null });
  }
  return all.sort((a, b) => a.at - b.at);
}

/** Fires of a week and a day, hour by hour: a schedule with more of them would fill the calendar. */
const HOURLY = 8 * 24;

/** Whether a schedule fires more often than hourly, so that it is told of in one line. */
export function isFrequent(schedule: Schedule): boolean {
  return Math.max(schedule.fires.length, schedule.past.length) > HOURLY;
}

/** Whether somebody should look at it. */
export function isBad(entry: Entry): boolean {
  const status = entry.past?.run?.status;
  return entry.kind === "refused" || status === "FAILED" || status === "KILLED" || status === "EXECUTION_STOPPED";
}

/** The latest fire that was dealt with. */
export function latest(schedule: Schedule): PastFire | undefined {
  return schedule.past.reduce<PastFire | undefined>(
    (last, past) => (!last || past.at > last.at ? past : last),
    undefined,
  );
}

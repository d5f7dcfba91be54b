import type { Search } from "../../search";
import { wallClock } from "../../time/format";

/** What the history shows; empty text is no condition. Times are wall clocks, `2026-11-24T10:25`. */
export interface Filter {
  flow: string;
  project: string;
  user: string;
  /** Names with commas. */
  status: string;
  /** `adhoc` or `schedule`. */
  source: string;
  after: string;
  before: string;
}

/** Azkaban's numbers for statuses in `status=` (execution-and-scheduling §1). */
const CODES: Record<string, string> = {
  "10": "READY",
  "15": "DISPATCHING",
  "20": "PREPARING",
  "30": "RUNNING",
  "40": "PAUSED",
  "50": "SUCCEEDED",
  "55": "KILLING",
  "60": "KILLED",
  "65": "EXECUTION_STOPPED",
  "70": "FAILED",
  "80": "FAILED_FINISHING",
  "90": "SKIPPED",
  "100": "DISABLED",
  "110": "QUEUED",
  "120": "FAILED_SUCCEEDED",
  "125": "CANCELLED",
};

/** `MM/dd/yyyy hh:mm AM` of Azkaban's own filter as a wall clock; what is no such date is no condition. */
export function azkabanDate(text: string | undefined): string {
  const match = /^(\d{2})\/(\d{2})\/(\d{4}) (\d{1,2}):(\d{2}) ([AP])M$/i.exec((text ?? "").trim());
  if (!match) return "";
  const [, month, day, year, hour, minute, half] = match;
  const hours = (Number(hour) % 12) + (half?.toUpperCase() === "P" ? 12 : 0);
  return `${year}-${month}-${day}T${String(hours).padStart(2, "0")}:${minute}`;
}

export function readFilter(search: Search): Filter {
  const status = search.status ?? "";
  return {
    flow: search.flow ?? search.flowcontain ?? search.searchterm ?? "",
    project: search.project ?? search.projcontain ?? "",
    user: search.user ?? search.usercontain ?? "",
    status: status === "0" ? "" : (CODES[status] ?? status),
    source: search.source ?? "",
    after: search.after ?? azkabanDate(search.begin),
    before: search.before ?? azkabanDate(search.end),
  };
}

/** The moment at which a clock in `zone` shows `wall`. */
export function moment(wall: string, zone: string): number | undefined {
  const utc = Date.parse(`${wall}Z`);
  if (!wall || Number.isNaN(utc)) return undefined;
  let at = utc;
  // Twice, since the first guess may lie on the other side of a change of the clock.
  for (let step = 0; step < 2; step += 1) {
    const { date, time } = wallClock(at, zone);
    at += utc - Date.parse(`${date}T${time}Z`);
  }
  return at;
}

/** The clock in `zone` at a moment, as a filter has it: `2026-11-24T10:25`. */
export function wallOf(at: number, zone: string): string {
  const { date, time } = wallClock(at, zone);
  return `${date}T${time.slice(0, 5)}`;
}

/** The filter as parameters of `GET /executions`. */
export function query(filter: Filter, zone: string): Record<string, string | number | undefined> {
  return {
    flowContains: filter.flow.normalize("NFKC").trim() || undefined,
    projectContains: filter.project.normalize("NFKC").trim() || undefined,
    userContains: filter.user.trim() || undefined,
    status: filter.status || undefined,
    source: filter.source || undefined,
    startedAfter: moment(filter.after, zone),
    startedBefore: moment(filter.before, zone),
  };
}

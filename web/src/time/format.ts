/** Times and durations as text. All are pure: zone, language and the present are arguments. */

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatter(zone: string): Intl.DateTimeFormat {
  let found = formatters.get(zone);
  if (!found) {
    found = new Intl.DateTimeFormat("en-CA", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      timeZoneName: "longOffset",
    });
    formatters.set(zone, found);
  }
  return found;
}

export interface WallClock {
  /** `2026-11-24` */
  date: string;
  /** `10:25:07` */
  time: string;
  /** `+08:00` */
  offset: string;
}

/** The wall clock of `zone` at `at` (milliseconds since 1970). */
export function wallClock(at: number, zone: string): WallClock {
  const parts: Partial<Record<Intl.DateTimeFormatPartTypes, string>> = {};
  for (const part of formatter(zone).formatToParts(at)) parts[part.type] = part.value;
  const offset = (parts.timeZoneName ?? "GMT").replace("GMT", "") || "+00:00";
  return {
    date: `${parts.year}-${parts.month}-${parts.day}`,
    time: `${parts.hour}:${parts.minute}:${parts.second}`,
    offset,
  };
}

/** `2026-11-24 10:25:07`; a missing time is `–`, never the present. */
export function absolute(at: number | null | undefined, zone: string): string {
  if (at === null || at === undefined || at < 0) return "–";
  const { date, time } = wallClock(at, zone);
  return `${date} ${time}`;
}

/** `10:25:07.123`, for logs and tips. */
export function clockMillis(at: number, zone: string): string {
  return `${wallClock(at, zone).time}.${String(at % 1000).padStart(3, "0")}`;
}

/** Whether another moment within an hour has the same wall clock, as where summer time ends. */
export function isRepeated(at: number, zone: string): boolean {
  const own = absolute(at, zone);
  return [-3_600_000, 3_600_000].some((shift) => absolute(at + shift, zone) === own);
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

/** `2 min ago` or `in 3 hr` within a day, else `undefined`. */
export function relative(at: number, now: number, language: string): string | undefined {
  const apart = at - now;
  if (Math.abs(apart) >= 86_400_000) return undefined;
  const format = new Intl.RelativeTimeFormat(language, { style: "short", numeric: "auto" });
  for (const [unit, size] of UNITS) {
    if (Math.abs(apart) >= size || unit === "second") return format.format(Math.trunc(apart / size), unit);
  }
}

/** `840 ms`, `12 s`, `4m 07s`, `2h 05m`, `3d 04h`; a missing duration is `–`. */
export function duration(millis: number | null | undefined): string {
  if (millis === null || millis === undefined || millis < 0) return "–";
  if (millis < 1_000) return `${Math.round(millis)} ms`;
  const seconds = Math.floor(millis / 1_000);
  if (seconds < 60) return `${seconds} s`;
  const pad = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${pad(seconds % 60)}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${pad(minutes % 60)}m`;
  return `${Math.floor(hours / 24)}d ${pad(hours % 24)}h`;
}

/** `1.0 GiB`. */
export function bytes(count: number, language: string): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let [value, unit] = [count, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 ? 0 : 1;
  return `${new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value)} ${units[unit]}`;
}

const MINUTE_MS = 60_000;
const UNITS: Record<string, number> = { d: 1_440, h: 60, m: 1 };

/** `1d 2h 30m`, also `90m` or `1:30`, as milliseconds; `null` for what is none. */
export function parseDeadline(text: string): number | null {
  const wanted = text.trim().toLowerCase();
  const clock = /^(\d{1,4}):([0-5]\d)$/.exec(wanted);
  if (clock) return positive(Number(clock[1]) * 60 + Number(clock[2]));
  if (!/^(\d{1,6}\s*[dhm]\s*)+$/.test(wanted)) return null;
  let minutes = 0;
  const seen = new Set<string>();
  for (const [, count = "", unit = ""] of wanted.matchAll(/(\d+)\s*([dhm])/g)) {
    if (seen.has(unit)) return null;
    seen.add(unit);
    minutes += Number(count) * (UNITS[unit] ?? 0);
  }
  return positive(minutes);
}

function positive(minutes: number): number | null {
  return minutes > 0 ? minutes * MINUTE_MS : null;
}

/** Whole minutes as `1d 2h 30m`, without parts that are zero. */
export function deadline(millis: number): string {
  let minutes = Math.round(millis / MINUTE_MS);
  const parts: string[] = [];
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(minutes / size);
    if (count > 0) parts.push(`${count}${unit}`);
    minutes -= count * size;
  }
  return parts.join(" ") || "0m";
}

export interface Margin {
  /** Share of the deadline that a usual run takes, at most 1. */
  share: number;
  family: "ok" | "warn" | "fail";
  /** What is left; negative: a usual run takes longer. */
  leftMs: number;
}

/** How a usual run stands against a deadline; `null` while nothing has run. */
export function margin(typicalMs: number | null, withinMs: number): Margin | null {
  if (typicalMs === null || withinMs <= 0) return null;
  const share = typicalMs / withinMs;
  const family = share > 1 ? "fail" : share > 0.8 ? "warn" : "ok";
  return { share: Math.min(1, share), family, leftMs: withinMs - typicalMs };
}

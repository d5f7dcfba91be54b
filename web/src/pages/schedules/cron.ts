/** The common shapes of a Quartz cron expression, for those who would rather not write one. */
export type Shape =
  | { kind: "hourly"; minute: number }
  | { kind: "daily"; hour: number; minute: number }
  | { kind: "weekly"; days: number[]; hour: number; minute: number }
  | { kind: "monthly"; day: number; hour: number; minute: number }
  | { kind: "text" };

const NAMES = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/** Seconds, minutes, hours, day of the month, month, day of the week. Days count from Sunday = 1. */
export function write(shape: Shape): string {
  switch (shape.kind) {
    case "hourly":
      return `0 ${shape.minute} * ? * *`;
    case "daily":
      return `0 ${shape.minute} ${shape.hour} ? * *`;
    case "weekly": {
      const days = [...new Set(shape.days)].sort((a, b) => a - b);
      return `0 ${shape.minute} ${shape.hour} ? * ${days.length ? days.map((day) => NAMES[day - 1]).join(",") : "*"}`;
    }
    case "monthly":
      return `0 ${shape.minute} ${shape.hour} ${shape.day} * ?`;
    case "text":
      return "";
  }
}

/** The shape of an expression; `text` for all that has none of the common ones. */
export function read(cron: string): Shape {
  const [second, minute, hour, day, month, week, ...rest] = cron.trim().toUpperCase().split(/\s+/);
  const number = (text: string | undefined) =>
    text !== undefined && /^\d{1,2}$/.test(text) ? Number(text) : undefined;
  const at = number(minute);
  if (second !== "0" || at === undefined || at > 59 || month !== "*" || rest.length > 0) return { kind: "text" };
  const any = (text: string | undefined) => text === "*" || text === "?";
  if (hour === "*" && any(day) && any(week)) return { kind: "hourly", minute: at };
  const hours = number(hour);
  if (hours === undefined || hours > 23) return { kind: "text" };
  if (any(day) && any(week)) return { kind: "daily", hour: hours, minute: at };
  const monthly = number(day);
  if (monthly !== undefined && any(week)) return { kind: "monthly", day: monthly, hour: hours, minute: at };
  if (!any(day) || week === undefined) return { kind: "text" };
  const days: number[] = [];
  for (const part of week.split(",")) {
    const range = part.split("-").map((name) => number(name) ?? NAMES.indexOf(name) + 1);
    const [first = 0, last = first] = range;
    if (range.length > 2 || first < 1 || last > 7 || last < first) return { kind: "text" };
    for (let each = first; each <= last; each += 1) days.push(each);
  }
  return { kind: "weekly", days, hour: hours, minute: at };
}

import { useEffect, useRef, useState } from "react";

/** A row that stays where it was for a while after it is gone. */
export interface Lingering<R> {
  row: R;
  gone: boolean;
}

interface Kept<R> extends Lingering<R> {
  /** When it was first missing. */
  since: number;
}

/** The rows as they were shown, with those that are there now; who is missing stays for `ms` at its place. */
export function linger<R extends { id: number }>(shown: Kept<R>[], rows: R[], now: number, ms: number): Kept<R>[] {
  const present = new Map(rows.map((row) => [row.id, row]));
  const kept: Kept<R>[] = [];
  for (const old of shown) {
    const row = present.get(old.row.id);
    if (row) {
      kept.push({ row, gone: false, since: 0 });
      present.delete(row.id);
    } else if (!old.gone) kept.push({ row: old.row, gone: true, since: now });
    else if (now - old.since < ms) kept.push(old);
  }
  for (const row of present.values()) kept.push({ row, gone: false, since: 0 });
  return kept;
}

/** `rows`, where what has gone stays for `ms`. */
export function useLingering<R extends { id: number }>(rows: R[], ms: number): Lingering<R>[] {
  const shown = useRef<Kept<R>[]>([]);
  const [, again] = useState(0);
  shown.current = linger(shown.current, rows, Date.now(), ms);
  const gone = shown.current.filter((each) => each.gone);
  const next = gone.length > 0 ? Math.min(...gone.map((each) => each.since)) + ms : null;
  useEffect(() => {
    if (next === null) return;
    const timer = setTimeout(() => again((count) => count + 1), Math.max(0, next - Date.now()) + 50);
    return () => clearTimeout(timer);
  }, [next]);
  return shown.current;
}

import type { Span } from "../../flow/times";
import { ticks } from "./ticks";

/** A stretch in which nothing happened, drawn as a narrow fold. */
export interface Fold extends Span {
  /** Where it is drawn, from 0 to 1. */
  left: number;
  width: number;
}

/** Where moments are on a time axis from 0 to 1. */
export interface Axis {
  place: (at: number) => number;
  folds: Fold[];
  /** Marks in milliseconds since the axis began. */
  marks: { after: number; left: number }[];
}

const FOLD_WIDTH = 0.02;
/** Shorter stretches are not worth a fold. */
const LEAST_MS = 5_000;
const LEAST_PART = 0.08;
/** Marks nearer to each other than this would overlap. */
const APART = 0.07;

/** The time in which nothing of `busy` happens, as far as folding it helps. */
function idle(busy: Span[], from: number, until: number): Span[] {
  const least = Math.max(LEAST_MS, LEAST_PART * (until - from));
  const gaps: Span[] = [];
  let end = from;
  for (const span of [...busy].sort((a, b) => a.start - b.start)) {
    if (span.start - end >= least) gaps.push({ start: end, end: span.start });
    end = Math.max(end, span.end);
  }
  if (until - end >= least) gaps.push({ start: end, end: until });
  return gaps;
}

/** An axis from `from` to `until`; with `busy` the time between is folded. */
export function axis(from: number, until: number, busy: Span[] | null): Axis {
  const gaps = busy ? idle(busy, from, until) : [];
  const folded = gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  const shown = Math.max(1, until - from - folded);
  const room = 1 - FOLD_WIDTH * gaps.length;
  const place = (at: number) => {
    let [plain, folds] = [Math.min(until, Math.max(from, at)) - from, 0];
    for (const gap of gaps) {
      const inside = Math.min(Math.max(0, at - gap.start), gap.end - gap.start);
      plain -= inside;
      folds += inside / (gap.end - gap.start);
    }
    return (plain / shown) * room + folds * FOLD_WIDTH;
  };
  const marks: Axis["marks"] = [];
  for (const after of ticks(gaps.length ? shown : until - from, until - from)) {
    const at = from + after;
    if (gaps.some((gap) => at > gap.start && at < gap.end)) continue;
    const left = place(at);
    const last = marks.at(-1);
    if (!last || left - last.left >= APART) marks.push({ after, left });
  }
  return {
    place,
    marks,
    folds: gaps.map((gap) => ({ ...gap, left: place(gap.start), width: place(gap.end) - place(gap.start) })),
  };
}

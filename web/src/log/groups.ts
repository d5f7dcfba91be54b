/** What a job's logger puts before each line: `24-11-2026 14:05:01 PST load_orders INFO - `. */
const PREFIX = /^\d{2}-\d{2}-\d{4} (\d{2}:\d{2}:\d{2}) \S+ .*? (?:TRACE|DEBUG|INFO|WARN|ERROR|FATAL) - /;

/** A line without what the logger puts before it, and the clock from there. */
export function message(line: string): { clock: string; text: string } {
  const match = PREFIX.exec(line.length > 400 ? line.slice(0, 400) : line);
  return match ? { clock: match[1] ?? "", text: line.slice(match[0].length) } : { clock: "", text: line };
}

/** Whether a line begins or ends a group: `--- name`, `+++ name`, `::group::name` and their like. */
export function marker(line: string): "begin" | "end" | null {
  const { text } = message(line);
  if (/^(?:---|\+\+\+) \S/.test(text) || /^(?:::group::|##\[group\])/.test(text)) return "begin";
  return /^(?:::endgroup::|##\[endgroup\])/.test(text) ? "end" : null;
}

/** Lines that are not shown, both inclusive. */
export interface Fold {
  first: number;
  last: number;
}

/** Folds in ascending order that do not overlap, and the lines by their places among those that are shown. */
export class Folds {
  readonly hidden: number;
  constructor(readonly all: readonly Fold[] = []) {
    this.hidden = all.reduce((sum, fold) => sum + fold.last - fold.first + 1, 0);
  }

  /** The line at a place. */
  line(place: number): number {
    let line = place;
    for (const { first, last } of this.all) {
      if (line < first) break;
      line += last - first + 1;
    }
    return line;
  }

  /** The place of a line; of one that is folded that of the line before the fold. */
  place(line: number): number {
    let before = 0;
    for (const { first, last } of this.all) {
      if (line < first) break;
      if (line <= last) return first - 1 - before;
      before += last - first + 1;
    }
    return line - before;
  }

  at(head: number): Fold | undefined {
    return this.all.find((fold) => fold.first === head + 1);
  }

  with(fold: Fold): Folds {
    const others = this.all.filter(({ first, last }) => last < fold.first || first > fold.last);
    return new Folds([...others, fold].sort((a, b) => a.first - b.first));
  }

  without(fold: Fold): Folds {
    return new Folds(this.all.filter((each) => each !== fold));
  }

  /** Without those that hide a line. */
  showing(line: number): Folds {
    const kept = this.all.filter(({ first, last }) => line < first || line > last);
    return kept.length === this.all.length ? this : new Folds(kept);
  }
}

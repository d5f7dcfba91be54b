/** A line of two texts side by side; `null` where only the other one has it. */
export interface Line {
  kind: "same" | "removed" | "added";
  text: string;
  /** Line numbers from 1. */
  before: number | null;
  after: number | null;
}

/** Differences more than this apart are shown as one text removed and another added. */
const MOST_EDITS = 1_000;

/** The shortest way from one list of lines to another (Myers 1986), as pairs of equal lines. */
function matches(a: string[], b: string[]): [number, number][] | null {
  const most = Math.min(a.length + b.length, MOST_EDITS);
  const size = 2 * most + 2;
  // Per diagonal the farthest point; a copy per step leads back.
  const reach = new Int32Array(size);
  const steps: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    steps.push(reach.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      const at = diagonal + most;
      const down = diagonal === -edits || (diagonal !== edits && (reach[at - 1] ?? 0) < (reach[at + 1] ?? 0));
      let x = down ? (reach[at + 1] ?? 0) : (reach[at - 1] ?? 0) + 1;
      let y = x - diagonal;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x += 1;
        y += 1;
      }
      reach[at] = x;
      if (x >= a.length && y >= b.length) return back(a.length, b.length, steps, most);
    }
  }
  return null;
}

function back(lengthA: number, lengthB: number, steps: Int32Array[], most: number): [number, number][] {
  const found: [number, number][] = [];
  let [x, y] = [lengthA, lengthB];
  for (let edits = steps.length - 1; edits >= 0; edits -= 1) {
    const reach = steps[edits] as Int32Array;
    const diagonal = x - y;
    const at = diagonal + most;
    const down = diagonal === -edits || (diagonal !== edits && (reach[at - 1] ?? 0) < (reach[at + 1] ?? 0));
    const before = down ? diagonal + 1 : diagonal - 1;
    const fromX = edits === 0 ? 0 : (reach[before + most] ?? 0);
    const fromY = edits === 0 ? 0 : fromX - before;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      found.push([x, y]);
    }
    [x, y] = [fromX, fromY];
  }
  return found.reverse();
}

/** Two texts line by line. What they share at the beginning and the end costs nothing. */
export function diffLines(before: string, after: string): Line[] {
  const split = (text: string) => (text === "" ? [] : text.replace(/\r?\n$/, "").split(/\r?\n/));
  const [a, b] = [split(before), split(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail += 1;
  const pairs: [number, number][] = [];
  for (let at = 0; at < head; at += 1) pairs.push([at, at]);
  const middle = matches(a.slice(head, a.length - tail), b.slice(head, b.length - tail)) ?? [];
  for (const [x, y] of middle) pairs.push([x + head, y + head]);
  for (let at = tail; at > 0; at -= 1) pairs.push([a.length - at, b.length - at]);
  const lines: Line[] = [];
  let [x, y] = [0, 0];
  const upTo = (toX: number, toY: number) => {
    for (; x < toX; x += 1) lines.push({ kind: "removed", text: a[x] ?? "", before: x + 1, after: null });
    for (; y < toY; y += 1) lines.push({ kind: "added", text: b[y] ?? "", before: null, after: y + 1 });
  };
  for (const [pairX, pairY] of pairs) {
    upTo(pairX, pairY);
    lines.push({ kind: "same", text: a[x] ?? "", before: x + 1, after: y + 1 });
    x += 1;
    y += 1;
  }
  upTo(a.length, b.length);
  return lines;
}

/** The lines near changes, and how many were left out between. */
export function hunks(lines: Line[], context: number): (Line | { skipped: number; from: number })[] {
  const shown = new Uint8Array(lines.length);
  for (const [at, line] of lines.entries()) {
    if (line.kind !== "same") shown.fill(1, Math.max(0, at - context), at + context + 1);
  }
  const found: (Line | { skipped: number; from: number })[] = [];
  let skipped = 0;
  for (const [at, line] of lines.entries()) {
    if (shown[at]) {
      if (skipped > 0) found.push({ skipped, from: at - skipped });
      skipped = 0;
      found.push(line);
    } else skipped += 1;
  }
  if (skipped > 0) found.push({ skipped, from: lines.length - skipped });
  return found;
}

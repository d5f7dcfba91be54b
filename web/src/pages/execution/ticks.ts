const STEPS = [
  100, 200, 500, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
].map((step, index) => (index < 3 ? step : step * 1_000));

/** More marks are never made, however long the axis is. */
const MOST = 5_000;

/** Round marks on an axis of `until` milliseconds, so dense that `length` of them hold at most eight. */
export function ticks(length: number, until = length): number[] {
  const fine = Math.max(length, until / (MOST / 8));
  const step = STEPS.find((each) => fine / each <= 8) ?? Math.ceil(fine / 8 / 86_400_000) * 86_400_000;
  const marks: number[] = [];
  for (let at = 0; at < until - length * 0.03; at += step) marks.push(at);
  return marks;
}

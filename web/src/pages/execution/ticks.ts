const STEPS = [
  100, 200, 500, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400,
].map((step, index) => (index < 3 ? step : step * 1_000));

/** Round marks on an axis of `length` milliseconds, at most eight. */
export function ticks(length: number): number[] {
  const step = STEPS.find((each) => length / each <= 8) ?? Math.ceil(length / 8 / 86_400_000) * 86_400_000;
  const marks: number[] = [];
  for (let at = 0; at < length * 0.97; at += step) marks.push(at);
  return marks;
}

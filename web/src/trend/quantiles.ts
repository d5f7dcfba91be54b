/** The value below which a part of `values` lies; the upper one of two that are as near. `null` for none. */
export function quantile(values: number[], part: number): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

/** For each place the quantile of it and the `window - 1` before; runs without a value count for nothing. */
export function rolling(values: (number | null)[], window: number, part: number): (number | null)[] {
  return values.map((_, at) => {
    const near = values.slice(Math.max(0, at - window + 1), at + 1).filter((value) => value !== null);
    return quantile(near, part);
  });
}

/** A round number of milliseconds at or above `most`, for the top of an axis with two parts. */
export function roundTop(most: number): number {
  const steps = [10, 20, 50, 100, 200, 500, 1, 2, 4, 6, 10, 20, 30, 60, 120, 240, 600, 1_200, 1_800, 3_600].map(
    (step, index) => (index < 6 ? step : step * 1_000),
  );
  return steps.find((step) => step >= most) ?? Math.ceil(most / 7_200_000) * 7_200_000;
}

/** What the server wrote into the page. */
export interface Boot {
  user: string;
  admin: boolean;
  csrfToken: string | null;
  /** `azkaban.name`, `azkaban.label`, `azkaban.color`. */
  name: string;
  label: string;
  color: string;
  timeZone: string;
  version: string;
  now: number;
  /** The note of the administrators. */
  note: { kind: string; message: string; url?: string } | null;
  styleNonce: string;
}

function read(): Boot {
  const element = document.getElementById("boot");
  if (!element?.textContent) throw new Error("the page holds no boot data");
  return JSON.parse(element.textContent) as Boot;
}

export const boot = read();

/** How far the server's clock is ahead of this one, in milliseconds; small differences are the way of the page. */
const clockSkew = (() => {
  const received = performance.getEntriesByType("navigation")[0] as PerformanceNavigationTiming | undefined;
  const skew = boot.now - (performance.timeOrigin + (received?.responseStart ?? performance.now()));
  return Math.abs(skew) < 2_000 ? 0 : skew;
})();

/** The server's time in milliseconds: what its times are compared with. */
export function serverNow(): number {
  return Date.now() + clockSkew;
}

import type { Shape } from "./statuses";

/** The drawings of statuses as path data in a box of 16 × 16, for SVG and for canvas alike. */
export interface Drawing {
  /** Filled with the solid colour. */
  body?: string;
  /** Drawn over the body, or alone where the status is hollow. */
  mark?: string;
  /** The mark is filled instead of stroked. */
  filled?: boolean;
  dash?: [number, number];
}

const DISC = "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z";
const RING = "M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4z";

export const MARK_WIDTH = 1.8;

export const SHAPES: Record<Shape, Drawing> = {
  dashed: { mark: RING, dash: [2.4, 2.4] },
  stack: { mark: "M3.5 4.5h9M3.5 8h9M3.5 11.5h9" },
  arrow: { mark: "M2.8 8h9.4M8.8 4.4 12.4 8l-3.6 3.6" },
  hourglass: { mark: "M4.2 2.8h7.6M4.2 13.2h7.6M5 3l6 10M11 3 5 13" },
  skip: { mark: "m3.5 4 4 4-4 4M8.5 4l4 4-4 4" },
  slash: { mark: `${RING}M4.2 11.8l7.6-7.6` },
  ring: { body: DISC, mark: "M8 4a4 4 0 1 1-4 4" },
  bars: { body: DISC, mark: "M6.2 5v6M9.8 5v6" },
  triangle: { body: "M8 1 15.4 14.4H.6z", mark: "M8 5.8v3.6M8 12v.1" },
  tick: { body: DISC, mark: "m4.8 8.2 2.3 2.3 4.2-4.6" },
  tickMark: { mark: "m1.8 8.4 2.6 2.6 5-5.6M13 3.4v5.4M13 11.6v.1" },
  cross: { body: "M1 1h10l4 4v10H1z", mark: "m5.2 5.2 5.6 5.6M10.8 5.2l-5.6 5.6" },
  squareRing: { body: DISC, mark: "M5.4 5.4h5.2v5.2H5.4z", filled: true },
  square: { body: "M2 2h12v12H2z" },
  plug: { body: "M1 1h14v14H1z", mark: "M6 3.6v2.8M10 3.6v2.8M4.6 6.6h6.8v1a3.4 3.4 0 0 1-6.8 0zM8 11v1.6" },
  minus: { mark: `${RING}M5.4 8h5.2` },
};

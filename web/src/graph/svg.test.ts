import { beforeAll, describe, expect, it } from "vitest";
import { paint, type Scene } from "./paint";
import { SvgPen } from "./svg";

const scene: Scene = {
  layout: {
    width: 300,
    height: 200,
    direction: "down",
    simple: false,
    nodes: [
      { path: "a", x: 0, y: 0, width: 100, height: 36, expanded: false, parent: "" },
      { path: "b", x: 50, y: 100, width: 100, height: 36, expanded: false, parent: "" },
    ],
    edges: [
      {
        from: "a",
        to: "b",
        points: [
          [50, 36],
          [50, 70],
          [100, 70],
          [100, 100],
        ],
      },
    ],
  },
  labels: new Map([
    ["a", { id: "<a & b>", isFlow: false, condition: false }],
    ["b", { id: "b", isFlow: false, condition: true }],
  ]),
  statuses: new Map([
    ["a", "SUCCEEDED"],
    ["b", "FAILED"],
  ]),
  disabled: new Set(),
  hits: null,
  critical: null,
  selected: null,
  hovered: null,
  scheme: "light",
};

describe("the graph as SVG", () => {
  beforeAll(() => {
    // Shapes need a browser; what they were made from does not.
    Object.assign(globalThis, { Path2D: class {} });
  });

  it("holds what the canvas shows, words as text that is no markup", () => {
    const pen = new SvgPen((text) => text.length * 7);
    paint(pen, scene, { x: 0, y: 0, scale: 1 }, 300, 200);
    const file = pen.document(300, 200);
    expect(file).toContain("&#60;a &#38; b&#62;</text>");
    expect(file).not.toContain("<a &");
    expect(file).toContain('viewBox="0 0 300 200"');
    // The edge: straight pieces with two rounded corners.
    expect(file).toMatch(/d="M50 36L50 58Q50 70 62 70L88 70Q100 70 100 82L100 100"/);
    expect(file).toContain("#CC434C");
    expect(file).not.toMatch(/NaN|undefined/);
  });
});

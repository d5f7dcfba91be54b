import { describe, expect, it } from "vitest";
import { reveal, toGraph, whole, zoom } from "./camera";

const VIEW = { width: 800, height: 600 };

describe("the camera", () => {
  it("fits a large graph and does not blow up a small one", () => {
    const far = whole(8000, 1000, VIEW);
    expect(far.scale).toBeCloseTo((800 - 48) / 8000);
    // In the middle of what the toolbar leaves.
    expect(toGraph(far, 400, 316)[0]).toBeCloseTo(4000);
    expect(toGraph(far, 400, 316)[1]).toBeCloseTo(500);
    expect(whole(100, 100, VIEW).scale).toBe(1);
  });

  it("zooms around the pointer", () => {
    const before = { x: 10, y: 20, scale: 1 };
    const after = zoom(before, 2, 100, 50);
    expect(after.scale).toBe(2);
    expect(toGraph(after, 100, 50)).toEqual(toGraph(before, 100, 50));
    expect(zoom(before, 1000, 0, 0).scale).toBe(4);
  });

  it("moves only if it must", () => {
    const camera = { x: 0, y: 0, scale: 1 };
    expect(reveal(camera, { x: 100, y: 100, width: 50, height: 20 }, VIEW)).toEqual(camera);
    expect(reveal(camera, { x: 900, y: 100, width: 50, height: 20 }, VIEW).x).toBe(190);
  });
});

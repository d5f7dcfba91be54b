/** Where the viewer looks: a point of the graph at the view's upper left corner, and how large everything is. */
export interface Camera {
  x: number;
  y: number;
  scale: number;
}

export const SCALES = { min: 0.05, max: 4 };

/** Around the graph, in pixels; above it is the toolbar, on narrow views below it too. */
const MARGIN = { side: 24, top: 52, bottom: 20 };
const NARROW_PX = 640;

/** Shows all of `width` × `height` in a view, never larger than life. */
export function whole(width: number, height: number, view: { width: number; height: number }): Camera {
  const bottom = view.width < NARROW_PX ? MARGIN.top : MARGIN.bottom;
  const room = view.height - MARGIN.top - bottom;
  const wanted = Math.min((view.width - 2 * MARGIN.side) / Math.max(1, width), room / Math.max(1, height), 1);
  const scale = Math.min(SCALES.max, Math.max(SCALES.min, wanted));
  return { scale, x: width / 2 - view.width / 2 / scale, y: height / 2 - (MARGIN.top + room / 2) / scale };
}

/** Larger or smaller by `factor`, the point under (`px`, `py`) of the view stays there. */
export function zoom(camera: Camera, factor: number, px: number, py: number): Camera {
  const scale = Math.min(SCALES.max, Math.max(SCALES.min, camera.scale * factor));
  return { scale, x: camera.x + px / camera.scale - px / scale, y: camera.y + py / camera.scale - py / scale };
}

export function toGraph(camera: Camera, px: number, py: number): [number, number] {
  return [camera.x + px / camera.scale, camera.y + py / camera.scale];
}

/** Moves as little as needed to bring a box into view. */
export function reveal(
  camera: Camera,
  box: { x: number; y: number; width: number; height: number },
  view: { width: number; height: number },
): Camera {
  const margin = 40 / camera.scale;
  const [width, height] = [view.width / camera.scale, view.height / camera.scale];
  const along = (from: number, size: number, at: number, length: number) => {
    if (at - margin < from) return at - margin;
    if (at + length + margin > from + size) return at + length + margin - size;
    return from;
  };
  return { ...camera, x: along(camera.x, width, box.x, box.width), y: along(camera.y, height, box.y, box.height) };
}

import { paint, type Scene } from "./paint";
import { SvgPen } from "./svg";

/** The whole graph as files, as large as it is. */

/** A picture's longest side in pixels; browsers refuse larger canvases. */
const PICTURE_PX = 8_000;
const MARGIN = 20;

function bare(scene: Scene) {
  const [width, height] = [scene.layout.width + 2 * MARGIN, scene.layout.height + 2 * MARGIN];
  return { shown: { ...scene, hovered: null, selected: null }, width, height };
}

export function picture(scene: Scene): Promise<Blob | null> {
  const { shown, width, height } = bare(scene);
  const scale = Math.min(2, PICTURE_PX / Math.max(width, height));
  const element = document.createElement("canvas");
  element.width = Math.ceil(width * scale);
  element.height = Math.ceil(height * scale);
  const context = element.getContext("2d");
  if (!context) return Promise.resolve(null);
  paint(context, shown, { x: -MARGIN, y: -MARGIN, scale }, element.width, element.height);
  return new Promise((resolve) => element.toBlob(resolve, "image/png"));
}

export async function svg(scene: Scene): Promise<Blob> {
  const { shown, width, height } = bare(scene);
  const ruler = document.createElement("canvas").getContext("2d");
  const pen = new SvgPen((text, font) => {
    if (!ruler) return text.length * 8;
    ruler.font = font;
    return ruler.measureText(text).width;
  });
  paint(pen, shown, { x: -MARGIN, y: -MARGIN, scale: 1 }, width, height);
  return new Blob([pen.document(width, height)], { type: "image/svg+xml" });
}

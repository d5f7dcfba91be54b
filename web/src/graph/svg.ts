import { dataOf, type Pen } from "./paint";

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
const round = (value: number) => Math.round(value * 100) / 100;

interface State {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  lineCap: string;
  lineJoin: string;
  font: string;
  globalAlpha: number;
  dash: number[];
  /** A uniform scale and a shift: all that the drawing uses. */
  scale: number;
  x: number;
  y: number;
}

/** A pen for paint.ts that writes SVG, so that the file shows what the canvas shows. */
export class SvgPen implements Pen {
  fillStyle = "#000";
  strokeStyle = "#000";
  lineWidth = 1;
  lineCap: CanvasLineCap = "butt";
  lineJoin: CanvasLineJoin = "miter";
  font = "";
  textBaseline: CanvasTextBaseline = "middle";
  globalAlpha = 1;
  private dash: number[] = [];
  private at = { scale: 1, x: 0, y: 0 };
  private saved: State[] = [];
  private current: string[] = [];
  private last: [number, number] = [0, 0];
  private parts: string[] = [];

  /** `measure` tells how wide a text is. */
  constructor(private measure: (text: string, font: string) => number) {}

  save() {
    const { fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, font, globalAlpha, dash, at } = this;
    this.saved.push({ fillStyle, strokeStyle, lineWidth, lineCap, lineJoin, font, globalAlpha, dash, ...at });
  }
  restore() {
    const state = this.saved.pop();
    if (!state) return;
    const { scale, x, y, dash, ...rest } = state;
    Object.assign(this, rest);
    this.dash = dash;
    this.at = { scale, x, y };
  }
  scale(by: number) {
    this.at.scale *= by;
  }
  translate(x: number, y: number) {
    this.at = { ...this.at, x: this.at.x + x * this.at.scale, y: this.at.y + y * this.at.scale };
  }
  private point(x: number, y: number): string {
    return `${round(this.at.x + x * this.at.scale)} ${round(this.at.y + y * this.at.scale)}`;
  }
  beginPath() {
    this.current = [];
  }
  moveTo(x: number, y: number) {
    this.current.push(`M${this.point(x, y)}`);
    this.last = [x, y];
  }
  lineTo(x: number, y: number) {
    this.current.push(`L${this.point(x, y)}`);
    this.last = [x, y];
  }
  closePath() {
    this.current.push("Z");
  }
  /** The corner at (`x`, `y`) on the way to (`x2`, `y2`), cut by a curve. */
  arcTo(x: number, y: number, x2: number, y2: number, radius: number) {
    const toward = (tx: number, ty: number): [number, number] => {
      const length = Math.hypot(tx - x, ty - y);
      const part = length === 0 ? 0 : Math.min(radius, length / 2) / length;
      return [x + (tx - x) * part, y + (ty - y) * part];
    };
    const [start, end] = [toward(...this.last), toward(x2, y2)];
    this.current.push(`L${this.point(...start)}Q${this.point(x, y)} ${this.point(...end)}`);
    this.last = end;
  }
  roundRect(x: number, y: number, width: number, height: number, radius: number) {
    const [r, b] = [x + width, y + height];
    this.moveTo(x + radius, y);
    this.arcTo(r, y, r, b, radius);
    this.arcTo(r, b, x, b, radius);
    this.arcTo(x, b, x, y, radius);
    this.arcTo(x, y, r, y, radius);
    this.closePath();
  }
  fillRect(x: number, y: number, width: number, height: number) {
    const size = `width="${round(width * this.at.scale)}" height="${round(height * this.at.scale)}"`;
    this.parts.push(`<rect x="${round(this.at.x + x)}" y="${round(this.at.y + y)}" ${size} fill="${this.fillStyle}"/>`);
  }
  private draw(look: string, shape: Path2D | undefined) {
    const alpha = this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
    const { x, y, scale } = this.at;
    const place = shape ? ` transform="translate(${round(x)} ${round(y)}) scale(${round(scale)})"` : "";
    const data = shape ? dataOf(shape) : this.current.join("");
    if (data) this.parts.push(`<path d="${data}" ${look}${alpha}${place}/>`);
  }
  fill(shape?: Path2D) {
    this.draw(`fill="${this.fillStyle}"`, shape);
  }
  stroke(shape?: Path2D) {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    // A shape is scaled as a whole, its line with it.
    const width = round(this.lineWidth * (shape ? 1 : this.at.scale));
    const line = `stroke-width="${width}" stroke-linecap="${this.lineCap}" stroke-linejoin="${this.lineJoin}"`;
    this.draw(`fill="none" stroke="${this.strokeStyle}" ${line}${dash}`, shape);
  }
  setLineDash(dash: number[]) {
    this.dash = dash;
  }
  measureText(text: string) {
    return { width: this.measure(text, this.font) };
  }
  fillText(text: string, x: number, y: number) {
    const alpha = this.globalAlpha < 1 ? ` opacity="${this.globalAlpha}"` : "";
    const place = `x="${round(this.at.x + x * this.at.scale)}" y="${round(this.at.y + y * this.at.scale)}"`;
    this.parts.push(
      `<text ${place} fill="${this.fillStyle}" dominant-baseline="central"${alpha}>${escaped(text)}</text>`,
    );
  }
  /** The file. */
  document(width: number, height: number): string {
    const size = `width="${Math.ceil(width)}" height="${Math.ceil(height)}"`;
    const family = escaped(this.font.replace(/^\S+ /, ""));
    return `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${Math.ceil(width)} ${Math.ceil(height)}" font-family="${family}" font-size="13">\n${this.parts.join("\n")}\n</svg>\n`;
  }
}

import type { Layout } from "../api/types";
import { MARK_WIDTH, SHAPES } from "../status/shapes";
import { isBad, lookOf } from "../status/statuses";
import { FAMILIES, type Scheme, SURFACES } from "../theme/tokens";
import type { Camera } from "./camera";

/** Draws a graph onto a canvas. Only what is in view is drawn, and far away less of it. */

export interface Scene {
  layout: Layout;
  /** By path: id, kind and whether a condition decides. */
  labels: ReadonlyMap<string, { id: string; isFlow: boolean; condition: boolean }>;
  /** By path; a job without one is ready. */
  statuses: ReadonlyMap<string, string>;
  /** Paths that will not run. */
  disabled: ReadonlySet<string>;
  /** Paths that a filter hits; `null` if there is none. */
  hits: ReadonlySet<string> | null;
  /** Paths that decide when the flow ends; `null` if they are not asked for. */
  critical: ReadonlySet<string> | null;
  selected: string | null;
  hovered: string | null;
  scheme: Scheme;
}

const FONT = '13px "Inter Variable", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
/** Smaller than this, words are not drawn. */
const WORDS_FROM = 0.35;
const paths = new Map<string, Path2D>();
const sources = new WeakMap<Path2D, string>();

function path(data: string): Path2D {
  let found = paths.get(data);
  if (!found) {
    found = new Path2D(data);
    paths.set(data, found);
    sources.set(found, data);
  }
  return found;
}

/** The path data that a shape of the drawing was made from. */
export function dataOf(shape: Path2D): string {
  return sources.get(shape) ?? "";
}

/** What the drawing needs of a canvas. */
export interface Pen {
  fillStyle: unknown;
  strokeStyle: unknown;
  lineWidth: number;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
  font: string;
  textBaseline: CanvasTextBaseline;
  globalAlpha: number;
  save(): void;
  restore(): void;
  scale(x: number, y: number): void;
  translate(x: number, y: number): void;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arcTo(x: number, y: number, x2: number, y2: number, radius: number): void;
  roundRect(x: number, y: number, width: number, height: number, radius: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  fill(shape?: Path2D): void;
  stroke(shape?: Path2D): void;
  setLineDash(dash: number[]): void;
  measureText(text: string): { width: number };
  fillText(text: string, x: number, y: number): void;
}

export function paint(context: Pen, scene: Scene, camera: Camera, width: number, height: number) {
  const surfaces = SURFACES[scene.scheme];
  context.save();
  context.fillStyle = surfaces.page;
  context.fillRect(0, 0, width, height);
  context.scale(camera.scale, camera.scale);
  context.translate(-camera.x, -camera.y);
  const view = {
    x0: camera.x,
    y0: camera.y,
    x1: camera.x + width / camera.scale,
    y1: camera.y + height / camera.scale,
  };
  for (const node of scene.layout.nodes)
    if (node.expanded && inView(node, view)) paintFrame(context, scene, node, camera);
  paintEdges(context, scene, view, camera);
  for (const node of scene.layout.nodes)
    if (!node.expanded && inView(node, view)) paintNode(context, scene, node, camera);
  context.restore();
}

type Box = { x: number; y: number; width: number; height: number };
type View = { x0: number; y0: number; x1: number; y1: number };

function inView(box: Box, view: View): boolean {
  return box.x < view.x1 && box.x + box.width > view.x0 && box.y < view.y1 && box.y + box.height > view.y0;
}

function faded(scene: Scene, node: string): boolean {
  return (
    scene.disabled.has(node) ||
    (scene.hits !== null && !scene.hits.has(node)) ||
    (scene.critical !== null && !scene.critical.has(node))
  );
}

function paintFrame(context: Pen, scene: Scene, node: Layout["nodes"][number], camera: Camera) {
  const surfaces = SURFACES[scene.scheme];
  context.beginPath();
  context.roundRect(node.x, node.y, node.width, node.height, 8);
  context.fillStyle = surfaces.surface;
  context.fill();
  outline(context, scene, node.path, camera, surfaces.control, 1);
  if (camera.scale < WORDS_FROM) return;
  const status = scene.statuses.get(node.path);
  context.fillStyle = surfaces.text;
  context.font = FONT;
  context.textBaseline = "middle";
  const left = node.x + 10;
  context.fillText("▾", left, node.y + 15);
  if (status) paintIcon(context, status, left + 16, node.y + 8, 14, scene.scheme);
  const text = scene.labels.get(node.path)?.id ?? node.path;
  context.fillText(shorten(context, text, node.width - 60), left + (status ? 36 : 16), node.y + 15);
}

function outline(context: Pen, scene: Scene, node: string, camera: Camera, color: string, width: number) {
  const chosen = node === scene.selected;
  const hovered = node === scene.hovered;
  const critical = scene.critical?.has(node) === true;
  context.strokeStyle =
    chosen || hovered ? SURFACES[scene.scheme].accent : critical ? SURFACES[scene.scheme].text : color;
  context.lineWidth = (chosen ? 3 : hovered || critical ? 2 : width) / Math.min(1, camera.scale);
  if (scene.disabled.has(node)) context.setLineDash([5, 4]);
  context.stroke();
  context.setLineDash([]);
}

function paintNode(context: Pen, scene: Scene, node: Layout["nodes"][number], camera: Camera) {
  const status = scene.statuses.get(node.path);
  const look = lookOf(status ?? "READY");
  const colors = FAMILIES[look.family][scene.scheme];
  const surfaces = SURFACES[scene.scheme];
  const loud = status !== undefined && (isBad(status) || look.live === true) && !look.hollow;
  context.globalAlpha = faded(scene, node.path) ? 0.45 : 1;
  context.beginPath();
  context.roundRect(node.x, node.y, node.width, node.height, 6);
  context.fillStyle = status === undefined ? surfaces.page : loud ? colors.solid : colors.tint;
  // Far away the tint of what went well would be lost.
  if (camera.scale < WORDS_FROM && status !== undefined && !look.hollow) context.fillStyle = colors.solid;
  context.fill();
  outline(context, scene, node.path, camera, status === undefined ? surfaces.control : colors.solid, 1);
  if (camera.scale >= WORDS_FROM) paintWords(context, scene, node, status, loud);
  context.globalAlpha = 1;
}

function paintWords(
  context: Pen,
  scene: Scene,
  node: Layout["nodes"][number],
  status: string | undefined,
  loud: boolean,
) {
  const label = scene.labels.get(node.path);
  const { family } = lookOf(status ?? "READY");
  const colors = FAMILIES[family][scene.scheme];
  const middle = node.y + node.height / 2;
  let left = node.x + 10;
  if (status !== undefined) {
    if (loud) paintMark(context, status, left, middle - 7, 14, colors.onSolid);
    else paintIcon(context, status, left, middle - 7, 14, scene.scheme);
    left += 22;
  }
  context.fillStyle = loud ? colors.onSolid : SURFACES[scene.scheme].text;
  context.font = FONT;
  context.textBaseline = "middle";
  if (label?.isFlow) {
    context.fillText("▸", left, middle);
    left += 14;
  }
  const room = node.x + node.width - left - (label?.condition ? 24 : 8);
  context.fillText(shorten(context, label?.id ?? node.path, room), left, middle);
  if (label?.condition) context.fillText("?", node.x + node.width - 16, middle);
}

function paintIcon(context: Pen, status: string, x: number, y: number, size: number, scheme: Scheme) {
  const { family, shape } = lookOf(status);
  const colors = FAMILIES[family][scheme];
  const { body } = SHAPES[shape];
  if (body) {
    context.save();
    context.translate(x, y);
    context.scale(size / 16, size / 16);
    context.fillStyle = colors.solid;
    context.fill(path(body));
    context.restore();
  }
  paintMark(context, status, x, y, size, body ? colors.onSolid : colors.solid);
}

function paintMark(context: Pen, status: string, x: number, y: number, size: number, color: string) {
  const { mark, filled, dash, body } = SHAPES[lookOf(status).shape];
  context.save();
  context.translate(x, y);
  context.scale(size / 16, size / 16);
  if (!mark) {
    context.fillStyle = color;
    if (body) context.fill(path(body));
  } else if (filled) {
    context.fillStyle = color;
    context.fill(path(mark));
  } else {
    context.strokeStyle = color;
    context.lineWidth = MARK_WIDTH;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.setLineDash(dash ?? []);
    context.stroke(path(mark));
  }
  context.restore();
}

function paintEdges(context: Pen, scene: Scene, view: View, camera: Camera) {
  const surfaces = SURFACES[scene.scheme];
  const focus = scene.hovered ?? scene.selected;
  const isStrong = (from: string, to: string) =>
    from === focus || to === focus || (scene.critical?.has(from) === true && scene.critical.has(to));
  const near = camera.scale >= WORDS_FROM;
  context.lineJoin = "round";
  for (const strong of [false, true]) {
    context.strokeStyle = strong ? surfaces.accent : surfaces.control;
    context.fillStyle = context.strokeStyle;
    context.lineWidth = (strong ? 2 : 1.2) / Math.min(1, camera.scale);
    context.beginPath();
    for (const { from, to, points } of scene.layout.edges) {
      if (isStrong(from, to) !== strong || !crosses(points, view)) continue;
      trace(context, points);
    }
    context.stroke();
    if (!near) continue;
    context.beginPath();
    for (const { from, to, points } of scene.layout.edges) {
      if (isStrong(from, to) === strong && crosses(points, view)) arrow(context, points);
    }
    context.fill();
  }
}

function crosses(points: number[][], view: View): boolean {
  let [x0, y0, x1, y1] = [
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];
  for (const [x = 0, y = 0] of points) {
    x0 = Math.min(x0, x);
    x1 = Math.max(x1, x);
    y0 = Math.min(y0, y);
    y1 = Math.max(y1, y);
  }
  return x0 < view.x1 && x1 > view.x0 && y0 < view.y1 && y1 > view.y0;
}

/** Straight pieces with rounded corners. */
function trace(context: Pen, points: number[][]) {
  for (const [index, [x = 0, y = 0]] of points.entries()) {
    const next = points[index + 1];
    if (index === 0) context.moveTo(x, y);
    else if (next) context.arcTo(x, y, next[0] ?? 0, next[1] ?? 0, 12);
    else context.lineTo(x, y);
  }
}

function arrow(context: Pen, points: number[][]) {
  const [x, y] = points.at(-1) ?? [];
  const [fromX, fromY] = points.at(-2) ?? [];
  if (x === undefined || y === undefined || fromX === undefined || fromY === undefined) return;
  const angle = Math.atan2(y - fromY, x - fromX);
  const [size, half] = [7, 3.5];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  context.moveTo(x, y);
  context.lineTo(x - size * cos + half * sin, y - size * sin - half * cos);
  context.lineTo(x - size * cos - half * sin, y - size * sin + half * cos);
  context.closePath();
}

const measured = new Map<string, string>();

/** `a-very-long…of-a-job` where there is too little room: ends tell names apart as often as beginnings. */
function shorten(context: Pen, text: string, room: number): string {
  const key = `${Math.round(room)} ${text}`;
  const known = measured.get(key);
  if (known !== undefined) return known;
  if (measured.size > 20_000) measured.clear();
  let shown = text;
  const chars = [...text];
  for (let keep = chars.length - 1; context.measureText(shown).width > room && keep > 1; keep -= 1) {
    shown = `${chars.slice(0, Math.ceil(keep / 2)).join("")}…${chars.slice(chars.length - Math.floor(keep / 2)).join("")}`;
  }
  measured.set(key, shown);
  return shown;
}

import { useMantineColorScheme } from "@mantine/core";
import {
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type Ref,
  useCallback,
  useEffect,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
} from "react";
import { useTranslation } from "react-i18next";
import type { Layout } from "../api/types";
import { type Camera, reveal, toGraph, whole, zoom } from "./camera";
import classes from "./Graph.module.css";
import { Minimap, type MinimapHandle } from "./Minimap";
import { paint, type Scene } from "./paint";
import { picture, svg } from "./pictures";

export interface GraphHandle {
  fit: () => void;
  zoom: (factor: number) => void;
  /** Moves a node into view. */
  show: (path: string) => void;
  /** Moves a node to the middle, at a size at which it can be read. */
  center: (path: string) => void;
  /** The whole graph as a file. */
  picture: (kind: "png" | "svg") => Promise<Blob | null>;
}

export interface GraphProps extends Omit<Scene, "hovered" | "scheme"> {
  label: string;
  onSelect: (path: string | null) => void;
  onOpen: (path: string) => void;
  /** Folds or unfolds an embedded flow. */
  onToggle: (path: string) => void;
  onMenu: (path: string | null, at: { x: number; y: number }) => void;
  handle?: Ref<GraphHandle>;
}

export function GraphCanvas(props: GraphProps) {
  const { layout, onSelect, onOpen, onToggle, onMenu, handle, label, selected } = props;
  const { t } = useTranslation();
  const { colorScheme } = useMantineColorScheme();
  const scheme = colorScheme === "dark" ? "dark" : "light";
  const canvas = useRef<HTMLCanvasElement>(null);
  const minimap = useRef<MinimapHandle>(null);
  const state = useRef({
    camera: { x: 0, y: 0, scale: 1 } as Camera,
    width: 0,
    height: 0,
    hovered: null as string | null,
  });
  const scene = useRef<Scene>(null as unknown as Scene);
  scene.current = { ...props, hovered: state.current.hovered, scheme };
  const frame = useRef(0);

  const draw = useCallback(() => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => {
      const element = canvas.current;
      const context = element?.getContext("2d");
      if (!element || !context) return;
      const { camera, width, height, hovered } = state.current;
      const ratio = window.devicePixelRatio || 1;
      if (element.width !== Math.round(width * ratio)) element.width = Math.round(width * ratio);
      if (element.height !== Math.round(height * ratio)) element.height = Math.round(height * ratio);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      paint(context, { ...scene.current, hovered }, camera, width, height);
      minimap.current?.draw(scene.current, camera, { width, height });
      element.dataset.painted = String(scene.current.layout.nodes.length);
    });
  }, []);

  const look = useCallback(
    (camera: Camera) => {
      state.current.camera = camera;
      draw();
    },
    [draw],
  );
  const fitAll = useCallback(() => {
    const { layout: current } = scene.current;
    look(whole(current.width, current.height, state.current));
  }, [look]);

  useLayoutEffect(() => {
    const element = canvas.current?.parentElement;
    if (!element) return;
    const resize = () => {
      const first = state.current.width === 0;
      state.current.width = element.clientWidth;
      state.current.height = element.clientHeight;
      if (first) fitAll();
      else draw();
    };
    resize();
    const observer = new ResizeObserver(resize);
    observer.observe(element);
    void document.fonts?.ready.then(draw);
    return () => {
      observer.disconnect();
      cancelAnimationFrame(frame.current);
    };
  }, [draw, fitAll]);

  // Folding and turning move everything.
  const shape = `${layout.direction} ${layout.nodes.length}`;
  const shaped = useRef(shape);
  useEffect(() => {
    if (shaped.current !== shape) fitAll();
    shaped.current = shape;
  }, [shape, fitAll]);

  // Every change of what is shown, whatever it is.
  useEffect(draw);

  const middle = (x: number, y: number, least = 0) => {
    const { camera, width, height } = state.current;
    const scale = Math.max(camera.scale, least);
    look({ scale, x: x - width / 2 / scale, y: y - height / 2 / scale });
  };
  useImperativeHandle(handle, () => ({
    fit: fitAll,
    zoom: (factor) => look(zoom(state.current.camera, factor, state.current.width / 2, state.current.height / 2)),
    show: (path) => {
      const box = scene.current.layout.nodes.find((node) => node.path === path);
      if (box) look(reveal(state.current.camera, box, state.current));
    },
    center: (path) => {
      const box = scene.current.layout.nodes.find((node) => node.path === path);
      if (box) middle(box.x + box.width / 2, box.y + box.height / 2, 0.8);
    },
    picture: (kind) => (kind === "svg" ? svg(scene.current) : picture(scene.current)),
  }));

  const nodeAt = (event: { clientX: number; clientY: number }): Layout["nodes"][number] | undefined => {
    const box = canvas.current?.getBoundingClientRect();
    if (!box) return undefined;
    const [x, y] = toGraph(state.current.camera, event.clientX - box.left, event.clientY - box.top);
    // Inner nodes come after the frames around them.
    return layout.nodes.findLast(
      (node) => x >= node.x && x <= node.x + node.width && y >= node.y && y <= node.y + node.height,
    );
  };

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = element.getBoundingClientRect();
      look(zoom(state.current.camera, 1.0015 ** -event.deltaY, event.clientX - box.left, event.clientY - box.top));
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [look]);

  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const moved = useRef(0);
  const down = (event: PointerEvent) => {
    canvas.current?.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    moved.current = 0;
  };
  const drag = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) {
      const hovered = nodeAt(event)?.path ?? null;
      if (hovered !== state.current.hovered) {
        state.current.hovered = hovered;
        if (canvas.current) canvas.current.title = hovered === null ? "" : hint(scene.current, hovered);
        draw();
      }
      return;
    }
    const { camera } = state.current;
    const others = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    const now = { x: event.clientX, y: event.clientY };
    moved.current += Math.hypot(now.x - before.x, now.y - before.y);
    if (others) {
      const box = canvas.current?.getBoundingClientRect();
      const factor =
        Math.hypot(now.x - others.x, now.y - others.y) /
        Math.max(1, Math.hypot(before.x - others.x, before.y - others.y));
      look(zoom(camera, factor, others.x - (box?.left ?? 0), others.y - (box?.top ?? 0)));
    } else {
      look({
        ...camera,
        x: camera.x - (now.x - before.x) / camera.scale,
        y: camera.y - (now.y - before.y) / camera.scale,
      });
    }
    pointers.current.set(event.pointerId, now);
  };
  const up = (event: PointerEvent) => {
    if (!pointers.current.delete(event.pointerId) || moved.current > 4 || event.button !== 0) return;
    const node = nodeAt(event);
    onSelect(node && node.path !== selected ? node.path : null);
  };
  const double = (event: MouseEvent) => {
    const node = nodeAt(event);
    if (!node) fitAll();
    else if (scene.current.labels.get(node.path)?.isFlow) onToggle(node.path);
    else onOpen(node.path);
  };
  const menu = (event: MouseEvent) => {
    event.preventDefault();
    onMenu(nodeAt(event)?.path ?? null, { x: event.clientX, y: event.clientY });
  };
  const key = (event: KeyboardEvent) => {
    const step = step_of(event.key);
    if (step) {
      const next = neighbour(layout, selected, step);
      if (next) {
        onSelect(next.path);
        look(reveal(state.current.camera, next, state.current));
      }
    } else if (event.key === "Enter" && selected !== null) onOpen(selected);
    else if (event.key === " " && selected !== null) onToggle(selected);
    else if (event.key === "+" || event.key === "=")
      look(zoom(state.current.camera, 1.25, state.current.width / 2, state.current.height / 2));
    else if (event.key === "-")
      look(zoom(state.current.camera, 0.8, state.current.width / 2, state.current.height / 2));
    else if (event.key === "0") fitAll();
    else if ((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") {
      const box = canvas.current?.getBoundingClientRect();
      onMenu(selected, { x: (box?.left ?? 0) + 40, y: (box?.top ?? 0) + 40 });
    } else return;
    event.preventDefault();
  };
  return (
    <>
      <canvas
        ref={canvas}
        className={classes.canvas}
        tabIndex={0}
        role="application"
        aria-label={label}
        aria-description={t("graph.keys")}
        onPointerDown={down}
        onPointerMove={drag}
        onPointerUp={up}
        onPointerCancel={(event) => pointers.current.delete(event.pointerId)}
        onDoubleClick={double}
        onContextMenu={menu}
        onKeyDown={key}
      />
      <Minimap handle={minimap} onLook={middle} />
    </>
  );
}

function hint(scene: Scene, path: string): string {
  const status = scene.disabled.has(path) ? "DISABLED" : scene.statuses.get(path);
  return status ? `${path} · ${status}` : path;
}

type Step = "up" | "down" | "left" | "right";

function step_of(key: string): Step | undefined {
  return ({ ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" } as const)[key];
}

/** The nearest node in a direction; from nowhere the first one. */
export function neighbour(layout: Layout, from: string | null, step: Step): Layout["nodes"][number] | undefined {
  const nodes = layout.nodes.filter((node) => !node.expanded);
  const current = nodes.find((node) => node.path === from);
  if (!current) return nodes[0];
  const middle = (node: Layout["nodes"][number]) => [node.x + node.width / 2, node.y + node.height / 2] as const;
  const [cx, cy] = middle(current);
  let best: Layout["nodes"][number] | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const [x, y] = middle(node);
    const ahead = { up: cy - y, down: y - cy, left: cx - x, right: x - cx }[step];
    if (node === current || ahead <= 1) continue;
    const aside = step === "up" || step === "down" ? Math.abs(x - cx) : Math.abs(y - cy) * 3;
    const cost = ahead + aside * 2;
    if (cost < least) [best, least] = [node, cost];
  }
  return best;
}

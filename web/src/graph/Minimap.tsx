import { type PointerEvent, type Ref, useImperativeHandle, useRef } from "react";
import { isBad, lookOf } from "../status/statuses";
import { FAMILIES, SURFACES } from "../theme/tokens";
import type { Camera } from "./camera";
import classes from "./Graph.module.css";
import type { Scene } from "./paint";

export interface MinimapHandle {
  /** Shows where `camera` looks; hidden while everything is in view. */
  draw: (scene: Scene, camera: Camera, view: { width: number; height: number }) => void;
}

/** Its longer side. */
const SIZE_PX = 150;

interface Props {
  handle: Ref<MinimapHandle>;
  /** Looks at a point of the graph. */
  onLook: (x: number, y: number) => void;
}

/** The whole graph, small, with a frame around what is in view. The list of jobs is its equal for those who cannot see. */
export function Minimap({ handle, onLook }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = useRef(1);
  // The nodes are drawn once for every change of them, not for every step of the camera.
  const base = useRef<{ layout: Scene["layout"]; statuses: Scene["statuses"]; scheme: string; picture: ImageData }>(
    null,
  );
  useImperativeHandle(handle, () => ({
    draw: (scene, camera, view) => {
      const element = canvas.current;
      const context = element?.getContext("2d", { willReadFrequently: true });
      if (!element || !context) return;
      const { layout, statuses, scheme } = scene;
      const all = view.width / camera.scale >= layout.width && view.height / camera.scale >= layout.height;
      element.hidden = all || view.width < 480;
      if (element.hidden) return;
      const ratio = window.devicePixelRatio || 1;
      const fit = SIZE_PX / Math.max(layout.width, layout.height, 1);
      const [width, height] = [Math.max(24, layout.width * fit), Math.max(24, layout.height * fit)];
      scale.current = fit;
      const known = base.current;
      if (!known || known.layout !== layout || known.statuses !== statuses || known.scheme !== scheme) {
        element.width = Math.round(width * ratio);
        element.height = Math.round(height * ratio);
        element.style.width = `${width}px`;
        element.style.height = `${height}px`;
        context.setTransform(ratio, 0, 0, ratio, 0, 0);
        nodes(context, scene, fit, width, height);
        base.current = { layout, statuses, scheme, picture: context.getImageData(0, 0, element.width, element.height) };
      } else context.putImageData(known.picture, 0, 0);
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.strokeStyle = SURFACES[scheme].accent;
      context.lineWidth = 1.5;
      context.strokeRect(
        camera.x * fit,
        camera.y * fit,
        (view.width / camera.scale) * fit,
        (view.height / camera.scale) * fit,
      );
    },
  }));
  const look = (event: PointerEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    if (box && event.buttons === 1) {
      onLook((event.clientX - box.left) / scale.current, (event.clientY - box.top) / scale.current);
    }
  };
  return (
    <canvas
      ref={canvas}
      hidden
      className={classes.minimap}
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        look(event);
      }}
      onPointerMove={look}
    />
  );
}

function nodes(context: CanvasRenderingContext2D, scene: Scene, fit: number, width: number, height: number) {
  const surfaces = SURFACES[scene.scheme];
  context.fillStyle = surfaces.page;
  context.fillRect(0, 0, width, height);
  for (const node of scene.layout.nodes) {
    const status = scene.statuses.get(node.path);
    const look = lookOf(status ?? "READY");
    const loud = status !== undefined && (isBad(status) || look.live === true || look.family === "ok");
    context.fillStyle = node.expanded
      ? surfaces.surface
      : loud
        ? FAMILIES[look.family][scene.scheme].solid
        : surfaces.control;
    context.fillRect(node.x * fit, node.y * fit, Math.max(1.5, node.width * fit), Math.max(1.5, node.height * fit));
  }
}

import { type PointerEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Facets } from "../../api/types";
import { absolute } from "../../time/format";
import { useZone } from "../../time/Time";
import classes from "./History.module.css";

interface Props {
  timeline: NonNullable<Facets["timeline"]>;
  /** What is chosen now; milliseconds. */
  from: number | undefined;
  until: number | undefined;
  onChange: (from: number, until: number) => void;
}

const HEIGHT = 40;

/** How many executions started when; a stretch is chosen by dragging. The fields for dates beside it do the same by keyboard. */
export function Brush({ timeline, from, until, onChange }: Props) {
  const { t } = useTranslation();
  const zone = useZone();
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const { stepMs, started, bad } = timeline;
  const steps = started.length;
  const most = Math.max(1, ...started);
  const end = timeline.from + stepMs * steps;
  const stepAt = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    if (!box) return 0;
    return Math.min(steps - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * steps)));
  };
  const place = (at: number) => Math.min(steps, Math.max(0, (at - timeline.from) / stepMs));
  const [left, right] = drag
    ? [Math.min(...drag), Math.max(...drag) + 1]
    : from !== undefined || until !== undefined
      ? [place(from ?? timeline.from), place(until ?? end)]
      : [0, 0];
  const finish = () => {
    if (drag) onChange(timeline.from + Math.min(...drag) * stepMs, timeline.from + (Math.max(...drag) + 1) * stepMs);
    setDrag(null);
  };
  const label = t("history.timeline", { from: absolute(timeline.from, zone), until: absolute(end, zone) });
  return (
    <div className={classes.brush}>
      <svg
        ref={svg}
        viewBox={`0 0 ${steps} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={label}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([stepAt(event), stepAt(event)]);
        }}
        onPointerMove={(event) => drag && setDrag([drag[0], stepAt(event)])}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
      >
        <title>{label}</title>
        {right > left && <rect x={left} width={right - left} y={0} height={HEIGHT} className={classes.chosen} />}
        {started.map((count, step) => {
          if (count === 0) return null;
          const height = Math.max(2, (HEIGHT * count) / most);
          const failed = (height * (bad[step] ?? 0)) / count;
          const at = timeline.from + step * stepMs;
          return (
            <g key={at}>
              <rect x={step + 0.1} width={0.8} y={HEIGHT - height} height={height - failed} className={classes.good} />
              <rect x={step + 0.1} width={0.8} y={HEIGHT - failed} height={failed} className={classes.bad} />
            </g>
          );
        })}
      </svg>
      <div className={classes.ends}>
        <span>{absolute(timeline.from, zone)}</span>
        <span>{absolute(end, zone)}</span>
      </div>
    </div>
  );
}

import { useTranslation } from "react-i18next";
import { A } from "../navigation";
import { useStatusWord } from "../status/Status";
import { isBad, lookOf } from "../status/statuses";
import { absolute, duration } from "../time/format";
import { useZone } from "../time/Time";
import { rolling, roundTop } from "./quantiles";
import classes from "./Trend.module.css";

export interface Point {
  key: string | number;
  name: string;
  href: string;
  status: string;
  startedAt: number | null;
  durationMs: number | null;
}

/** Runs whose quantiles a point of the lines is made of. */
const WINDOW = 10;
/** Few runs are not blown up. */
const BAR_PX = 32;

/** How long runs took, oldest first: a bar for each, and the lines of the median and the 95th percentile of the last ten. */
export function Trend({ points, label }: { points: Point[]; label: string }) {
  const { t } = useTranslation();
  const zone = useZone();
  const word = useStatusWord();
  const good = points.map((point) => (isBad(point.status) ? null : point.durationMs));
  const [p50, p95] = [rolling(good, WINDOW, 0.5), rolling(good, WINDOW, 0.95)];
  const top = roundTop(Math.max(1, ...points.map((point) => point.durationMs ?? 0)));
  const y = (value: number) => 100 - (100 * value) / top;
  const line = (values: (number | null)[]) =>
    values
      .flatMap((value, at) => (value === null ? [] : [`${((at + 0.5) / points.length) * 100},${y(value)}`]))
      .join(" ");
  return (
    <figure className={classes.figure}>
      <div className={classes.plot} role="group" aria-label={label}>
        <div className={classes.axis} aria-hidden="true">
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{value === 0 ? "0" : duration(value)}</span>
          ))}
        </div>
        <div className={classes.bars} style={{ maxWidth: points.length * BAR_PX }}>
          {points.map((point) => {
            const text = `${point.name} ${word(point.status)} · ${absolute(point.startedAt, zone)} · ${duration(point.durationMs)}`;
            const { family } = lookOf(point.status);
            return (
              <A key={point.key} href={point.href} className={classes.slot} title={text} aria-label={text}>
                <span
                  className={classes.bar}
                  data-family={family}
                  data-quiet={family === "ok" || undefined}
                  style={{ height: `max(3px, ${100 - y(point.durationMs ?? 0)}%)` }}
                />
              </A>
            );
          })}
          <svg className={classes.lines} viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
            <polyline points={line(p95)} className={classes.p95} />
            <polyline points={line(p50)} className={classes.p50} />
          </svg>
        </div>
      </div>
      <figcaption className={classes.legend}>
        <span className={classes.key} data-line="p50" /> {t("summary.p50")}
        <span className={classes.key} data-line="p95" /> {t("summary.p95")}
        <span className="muted">{t("trend.window", { runs: WINDOW })}</span>
      </figcaption>
    </figure>
  );
}

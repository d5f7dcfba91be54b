import { SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { FigureGroup, Series } from "../../api/types";
import { serverNow } from "../../boot";
import { A, useParams } from "../../navigation";
import { absolute } from "../../time/format";
import { Time, useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Dash } from "../../ui/Dash";
import ui from "../../ui/ui.module.css";
import classes from "./Admin.module.css";
import { AdminFrame } from "./AdminFrame";

const SPANS = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 } as const;
type Span = keyof typeof SPANS;
/** Where monitoring reads. */
const METRICS = "/metrics";

/** What the server tells of itself: figures over time (`/stats`) and those of this moment (`/jmx`). */
export default function Figures() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const span = (Object.keys(SPANS) as Span[]).find((each) => each in search) ?? "day";
  const history = useQuery({
    queryKey: ["figures", "history", span],
    queryFn: ({ signal }) => get<{ items: Series[] }>("/figures/history", { from: serverNow() - SPANS[span] }, signal),
    refetchInterval: 60_000,
  });
  const figures = useQuery({
    queryKey: ["figures"],
    queryFn: ({ signal }) => get<{ items: FigureGroup[] }>("/figures", {}, signal),
    refetchInterval: 10_000,
  });
  return (
    <AdminFrame
      tab="figures"
      open
      actions={
        <SegmentedControl
          aria-label={t("figures.span")}
          value={span}
          onChange={(value) => setSearch({ hour: undefined, day: undefined, week: undefined, [value]: "" })}
          data={(Object.keys(SPANS) as Span[]).map((value) => ({ value, label: t(`figures.${value}`) }))}
        />
      }
    >
      {() => (
        <>
          <Async query={history} rows={4}>
            {({ items }) => (
              <div className={classes.charts}>
                {items.map((series) => (
                  <Chart key={series.metric} series={series} from={serverNow() - SPANS[span]} />
                ))}
              </div>
            )}
          </Async>
          <Async query={figures}>
            {({ items }) =>
              items.map((group) => (
                <section key={group.name} className={classes.section}>
                  <h2>{group.name}</h2>
                  <table className={ui.table} aria-label={group.name}>
                    <tbody>
                      {group.attributes.map((figure) => (
                        <tr key={figure.name}>
                          <td className={ui.main} style={{ width: "28%" }}>
                            <code className="mono">{figure.name}</code>
                          </td>
                          <td className="muted" style={{ width: "36%" }}>
                            {figure.description}
                          </td>
                          <td className={classes.wrap}>
                            <Shown name={figure.name} value={figure.value} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </section>
              ))
            }
          </Async>
          <p className="muted">
            {t("figures.scrape")}{" "}
            <A href={METRICS} target="_blank" style={{ textDecoration: "underline" }}>
              {METRICS}
            </A>
          </p>
        </>
      )}
    </AdminFrame>
  );
}

/** A figure as people read it; numbers that are moments become such. */
function Shown({ name, value }: { name: string; value: unknown }) {
  const { i18n } = useTranslation();
  if (typeof value === "number") {
    if (/Time|Check|Refresh/.test(name) && value > 1e12) return <Time at={value} />;
    if (value < 0) return <Dash />;
    return <>{name === "Port" ? String(value) : new Intl.NumberFormat(i18n.language).format(value)}</>;
  }
  if (Array.isArray(value)) return <>{value.join(", ") || "–"}</>;
  if (value !== null && typeof value === "object") {
    const entries = Object.entries(value);
    return <>{entries.map(([key, each]) => `${key} ${String(each)}`).join(", ") || "–"}</>;
  }
  return <>{String(value ?? "") || "–"}</>;
}

function Chart({ series, from }: { series: Series; from: number }) {
  const { t } = useTranslation();
  const zone = useZone();
  const { points, metric } = series;
  const most = Math.max(1, ...points.map((point) => point.value));
  const until = Math.max(points.at(-1)?.at ?? from + 1, from + 1);
  const start = Math.max(from, points[0]?.at ?? from);
  const x = (at: number) => (100 * (at - start)) / Math.max(1, until - start);
  const y = (value: number) => 38 - (34 * value) / most;
  const line = points.map(({ at, value }, index) => `${index ? "L" : "M"}${x(at).toFixed(2)} ${y(value).toFixed(2)}`);
  const name = t(`figures.metrics.${metric as "NumRunningFlowMetric"}`, { defaultValue: metric });
  const last = points.at(-1);
  return (
    <figure style={{ margin: 0 }}>
      <div className={classes.chartHead}>
        <figcaption className="muted">{name}</figcaption>
        <span className={classes.chartNow}>{last ? last.value : "–"}</span>
      </div>
      {points.length > 1 && (
        <svg
          className={classes.chart}
          viewBox="0 0 100 40"
          preserveAspectRatio="none"
          role="img"
          aria-label={t("figures.chart", { name, most, count: points.length })}
        >
          <path d={`${line.join("")}L100 40L0 40Z`} fill="var(--az-run-tint)" />
          <path
            d={line.join("")}
            fill="none"
            stroke="var(--az-run-solid)"
            strokeWidth="1.5"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      )}
      <div className={`${classes.chartHead} muted`} style={{ fontSize: 12 }}>
        <span>{points[0] ? absolute(points[0].at, zone).slice(5, 16) : ""}</span>
        {points.length > 1 && <span>{t("figures.most", { most })}</span>}
        <span>{last ? absolute(last.at, zone).slice(5, 16) : t("figures.noSamples")}</span>
      </div>
    </figure>
  );
}

import { SegmentedControl, Switch, VisuallyHidden } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow, NodeRun } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { StatusIcon, useStatusWord } from "../../status/Status";
import { isFinal, isLeftOut } from "../../status/statuses";
import { duration } from "../../time/format";
import { Time, useNow } from "../../time/Time";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import { type Axis, axis as makeAxis } from "./axis";
import { Bars } from "./Bars";
import { type Row, readyAt } from "./nodes";
import classes from "./Timeline.module.css";
import { type Times, useTimes } from "./useTimes";

const ROW_PX = 30;

/** When each job waited and ran: name and bars in one row, what comes as far as it can be told. */
export function Timeline({ execution, flow }: { execution: ExecutionDetail; flow: Flow }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const sort = search.sort ?? "start";
  const done = isFinal(execution.status);
  const clock = useNow(!done);
  const now = done ? (execution.endedAt ?? clock) : clock;
  const times = useTimes(execution, flow, execution.startedAt !== null);
  const scroller = useRef<HTMLDivElement>(null);
  const runs = useMemo(() => new Map(execution.nodes.map((node) => [node.path, node])), [execution.nodes]);
  const on = (key: string) => key in search;
  const flip = (key: string) => setSearch({ [key]: on(key) ? undefined : "" });

  const from = execution.submittedAt;
  const until = Math.max(execution.endedAt ?? now, (!done && times?.spans.get("")?.end) || 0, from + 1_000);
  const busy = useMemo(() => {
    const spans = execution.nodes.flatMap((run) =>
      (run.attempts.length > 0 ? run.attempts : [run]).flatMap((attempt) =>
        attempt.startedAt === null ? [] : [{ start: attempt.startedAt, end: attempt.endedAt ?? now }],
      ),
    );
    return spans.filter((span) => span.end > span.start);
  }, [execution.nodes, now]);
  const scale = makeAxis(from, until, on("collapse") ? busy : null);

  const rows: Row[] = flow.nodes
    .filter((node) => node.path !== "")
    .map((node) => ({ node, run: runs.get(node.path) }))
    .filter(({ run }) => (done ? run?.startedAt != null && !isLeftOut(run.status) : true))
    .filter(({ run }) => !on("hideDone") || run?.status !== "SUCCEEDED")
    .filter(({ node }) => !on("critical") || times?.critical.has(node.path) !== false);
  const start = ({ node, run }: Row) =>
    run?.attempts[0]?.startedAt ?? run?.startedAt ?? times?.spans.get(node.path)?.start ?? 0;
  const length = ({ node, run }: Row) =>
    (run?.startedAt ? (run.endedAt ?? now) - run.startedAt : 0) || (times?.usual?.(node.path) ?? 0);
  if (sort === "start") rows.sort((a, b) => start(a) - start(b));
  if (sort === "duration") rows.sort((a, b) => length(b) - length(a));

  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const marked = rows.findIndex(({ node }) => node.path === search.node);
  useEffect(() => {
    if (marked >= 0) virtual.scrollToIndex(marked, { align: "auto" });
  }, [marked, virtual]);
  if (execution.startedAt === null) return <Empty title={t("timeline.notStarted")} />;
  const end = times?.spans.get("")?.end;
  return (
    <>
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("timeline.sort")}
          value={sort}
          onChange={(value) => setSearch({ sort: value })}
          data={(["start", "graph", "duration"] as const).map((value) => ({ value, label: t(`timeline.${value}`) }))}
        />
        <Switch label={t("timeline.hideDone")} checked={on("hideDone")} onChange={() => flip("hideDone")} />
        <Switch label={t("timeline.collapse")} checked={on("collapse")} onChange={() => flip("collapse")} />
        <Switch label={t("timeline.critical")} checked={on("critical")} onChange={() => flip("critical")} />
        {!done && times?.usual && end !== undefined && (
          <span className="muted">
            {t("timeline.finish")} <Time at={end} />
          </span>
        )}
      </div>
      <div ref={scroller} className={classes.scroller}>
        <div className={classes.axis}>
          <span />
          <span className={classes.track}>
            {scale.marks.map(({ after, left }) => (
              <span key={after} className={classes.tick} style={{ left: `${100 * left}%` }}>
                {until - from < 8_000 ? `${after / 1_000} s` : duration(after)}
              </span>
            ))}
          </span>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          <Folds axis={scale} />
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <TimelineRow
                  key={row.node.path}
                  row={row}
                  execution={execution}
                  runs={runs}
                  times={times}
                  axis={scale}
                  top={item.start}
                  now={now}
                  marked={item.index === marked}
                />
              )
            );
          })}
        </div>
      </div>
    </>
  );
}

/** Where time was left out. */
function Folds({ axis }: { axis: Axis }) {
  const { t } = useTranslation();
  if (axis.folds.length === 0) return null;
  return (
    <div className={classes.folds}>
      <span />
      <span className={classes.track}>
        {axis.folds.map((fold) => (
          <span
            key={fold.start}
            className={classes.fold}
            style={{ left: `${100 * fold.left}%`, width: `${100 * fold.width}%` }}
            title={t("timeline.folded", { time: duration(fold.end - fold.start) })}
          />
        ))}
      </span>
    </div>
  );
}

interface RowProps {
  row: Row;
  execution: ExecutionDetail;
  runs: ReadonlyMap<string, NodeRun>;
  times: Times | null;
  axis: Axis;
  top: number;
  now: number;
  marked: boolean;
}

function TimelineRow({ row, execution, runs, times, axis, top, now, marked }: RowProps) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const { node, run } = row;
  const span = times?.spans.get(node.path);
  const open = !isFinal(execution.status) && (run === undefined || !isFinal(run.status));
  const took = run?.startedAt != null ? (run.endedAt ?? now) - run.startedAt : null;
  const status = run?.status ?? "READY";
  const free = times?.slack.get(node.path) ?? 0;
  const critical = times?.critical.has(node.path) === true;
  const label = [
    node.path,
    word(status),
    duration(took),
    critical ? t("timeline.onPath") : free > 0 ? t("timeline.slack", { time: duration(free) }) : "",
  ]
    .filter(Boolean)
    .join(" · ");
  const begin = run?.attempts[0]?.startedAt ?? run?.startedAt ?? span?.start ?? now;
  const end = run?.endedAt ?? (open ? span?.end : undefined) ?? now;
  return (
    <A
      href={
        node.kind === "job" && run?.startedAt != null
          ? to.log(execution.id, node.path)
          : to.job(execution.project, execution.flow, node.path)
      }
      className={classes.row}
      style={{ transform: `translateY(${top}px)`, height: ROW_PX }}
      data-marked={marked || undefined}
      data-critical={critical || undefined}
    >
      <span className={classes.name} style={{ paddingLeft: (node.path.split(":").length - 1) * 16 }} title={label}>
        <StatusIcon status={status} size={14} /> {node.kind === "flow" ? <strong>{node.id}</strong> : node.id}{" "}
        <VisuallyHidden>{label.slice(node.path.length)} </VisuallyHidden>
      </span>
      <span className={classes.track}>
        <Bars
          run={run ?? EMPTY}
          axis={axis}
          now={now}
          ready={run?.startedAt != null ? readyAt(row, runs, execution.startedAt) : span?.start}
          predicted={open && times?.usual ? span?.end : undefined}
        />
        <span
          className={classes.length}
          style={
            axis.place(end) < 0.9
              ? { left: `calc(${100 * axis.place(end)}% + 8px)` }
              : { right: `calc(${100 - 100 * axis.place(begin)}% + 8px)` }
          }
        >
          {took !== null && duration(took)}
        </span>
      </span>
    </A>
  );
}

const EMPTY: NodeRun = {
  path: "",
  status: "READY",
  attempt: 0,
  startedAt: null,
  endedAt: null,
  updatedAt: null,
  notBefore: null,
  attempts: [],
};

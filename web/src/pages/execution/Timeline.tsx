import { SegmentedControl, Switch } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow, FlowNode, NodeRun } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { StatusIcon, useStatusWord } from "../../status/Status";
import { isFinal, lookOf } from "../../status/statuses";
import { clockMillis, duration } from "../../time/format";
import { useNow, useZone } from "../../time/Time";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Timeline.module.css";
import { ticks } from "./ticks";

const ROW_PX = 30;

interface Row {
  node: FlowNode;
  run: NodeRun;
}

/** When each job ran: one bar per attempt, name and bar in one row. */
export function Timeline({ execution, flow }: { execution: ExecutionDetail; flow: Flow }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const sort = search.sort ?? "start";
  const hide = "hideDone" in search;
  const now = useNow();
  const scroller = useRef<HTMLDivElement>(null);
  const runs = new Map(execution.nodes.map((node) => [node.path, node]));
  const rows: Row[] = flow.nodes
    .flatMap((node) => {
      const run = node.path === "" ? undefined : runs.get(node.path);
      return run?.startedAt != null ? [{ node, run }] : [];
    })
    .filter(({ run }) => !hide || run.status !== "SUCCEEDED");
  const length = ({ run }: Row) => (run.endedAt ?? now) - (run.startedAt ?? now);
  if (sort === "start") rows.sort((a, b) => (a.run.startedAt ?? 0) - (b.run.startedAt ?? 0));
  if (sort === "duration") rows.sort((a, b) => length(b) - length(a));
  const from = execution.startedAt ?? execution.submittedAt;
  const until = Math.max(execution.endedAt ?? now, from + 1_000);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  if (execution.startedAt === null) return <Empty title={t("timeline.notStarted")} />;
  return (
    <>
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("timeline.sort")}
          value={sort}
          onChange={(value) => setSearch({ sort: value })}
          data={(["start", "graph", "duration"] as const).map((value) => ({ value, label: t(`timeline.${value}`) }))}
        />
        <Switch
          label={t("timeline.hideDone")}
          checked={hide}
          onChange={() => setSearch({ hideDone: hide ? undefined : "" })}
        />
      </div>
      <div ref={scroller} className={classes.scroller}>
        <div className={classes.axis}>
          <span />
          <span className={classes.track}>
            {ticks(until - from).map((at) => (
              <span key={at} className={classes.tick} style={{ left: `${(100 * at) / (until - from)}%` }}>
                {until - from < 8_000 ? `${at / 1_000} s` : duration(at)}
              </span>
            ))}
          </span>
        </div>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const row = rows[item.index];
            return (
              row && (
                <Bars
                  key={row.node.path}
                  row={row}
                  execution={execution.id}
                  from={from}
                  until={until}
                  top={item.start}
                  now={now}
                />
              )
            );
          })}
        </div>
      </div>
    </>
  );
}

interface BarsProps {
  row: Row;
  execution: number;
  from: number;
  until: number;
  top: number;
  now: number;
}

function Bars({ row: { node, run }, execution, from, until, top, now }: BarsProps) {
  const zone = useZone();
  const word = useStatusWord();
  const percent = (at: number) => (100 * (at - from)) / (until - from);
  const attempts = run.attempts.length > 0 ? run.attempts : [run];
  const label = `${node.path} · ${word(run.status)} · ${duration((run.endedAt ?? now) - (run.startedAt ?? now))}`;
  return (
    <A
      href={node.kind === "job" ? to.log(execution, node.path) : to.execution(execution, "jobslist")}
      className={classes.row}
      style={{ transform: `translateY(${top}px)`, height: ROW_PX }}
      aria-label={label}
    >
      <span className={classes.name} style={{ paddingLeft: (node.path.split(":").length - 1) * 16 }} title={node.path}>
        <StatusIcon status={run.status} size={14} /> {node.id}
      </span>
      <span className={classes.track}>
        {attempts.map((attempt) => {
          if (attempt.startedAt === null) return null;
          const end = attempt.endedAt ?? (isFinal(attempt.status) ? attempt.startedAt : now);
          const look = lookOf(attempt.status);
          return (
            <span
              key={attempt.attempt}
              className={classes.bar}
              data-family={look.family}
              data-live={look.live || undefined}
              style={{ left: `${percent(attempt.startedAt)}%`, width: `${percent(end) - percent(attempt.startedAt)}%` }}
              title={`${attempts.length > 1 ? `${attempt.attempt} · ` : ""}${word(attempt.status)} · ${clockMillis(attempt.startedAt, zone)} – ${attempt.endedAt === null ? "" : clockMillis(end, zone)} · ${duration(end - attempt.startedAt)}`}
            />
          );
        })}
        <span
          className={classes.length}
          style={{ left: `min(calc(${percent(run.endedAt ?? now)}% + 8px), calc(100% - 64px))` }}
        >
          {duration((run.endedAt ?? now) - (run.startedAt ?? now))}
        </span>
      </span>
    </A>
  );
}

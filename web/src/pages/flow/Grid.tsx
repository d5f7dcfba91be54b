import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, memo, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Grid as Data, Flow } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to, useGo, useParams } from "../../navigation";
import { StatusIcon, useStatusWord } from "../../status/Status";
import { isBad, lookOf } from "../../status/statuses";
import { absolute, duration } from "../../time/format";
import { useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Grid.module.css";

const ROW_PX = 26;
const CELL_PX = 22;

/** Jobs × runs: which job fails when. Only the rows in view are drawn. */
export function Grid({ project, flow }: { project: string; flow: Flow }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const phone = window.innerWidth < 640;
  const runs = search.runs ?? (phone ? "10" : "30");
  useTopics("executions");
  const query = useQuery({
    queryKey: ["flow-runs", project, flow.flow, "grid", runs],
    queryFn: ({ signal }) => get<Data>(path("/projects/{}/flows/{}/grid", project, flow.flow), { runs }, signal),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("grid.runs")}
          value={runs}
          onChange={(value) => setSearch({ runs: value })}
          data={["10", "30", "50", "100"].map((value) => ({ value, label: value }))}
        />
        <span className="muted">{t("grid.runs")}</span>
      </div>
      <Async query={query}>
        {(data) =>
          data.runs.length === 0 ? (
            <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>
          ) : (
            <Cells project={project} flow={flow} data={data} />
          )
        }
      </Async>
    </>
  );
}

function Cells({ project, flow, data }: { project: string; flow: Flow; data: Data }) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const zone = useZone();
  const scroller = useRef<HTMLDivElement>(null);
  // Oldest left, as time runs.
  const runs = useMemo(() => [...data.runs].reverse(), [data]);
  const kinds = new Map(flow.nodes.map((node) => [node.path, node]));
  const [search, setSearch] = useParams();
  const folded = new Set((search.folded ?? "").split(",").filter(Boolean));
  const inFold = (job: string) => {
    for (let at = job.lastIndexOf(":"); at > 0; at = job.lastIndexOf(":", at - 1))
      if (folded.has(job.slice(0, at))) return true;
    return false;
  };
  const rows = data.jobs
    .map((job, index) => ({ job, index }))
    .filter(({ job }) => job !== "" && (folded.size === 0 || !inFold(job)));
  const fold = (job: string) => {
    if (!folded.delete(job)) folded.add(job);
    setSearch({ folded: [...folded].join(",") || undefined });
  };
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 10,
  });
  const longest = Math.max(1, ...runs.map((run) => (run.endedAt ?? 0) - (run.startedAt ?? run.endedAt ?? 0)));
  const move = (event: KeyboardEvent) => {
    const job = (event.target as HTMLElement).closest<HTMLElement>("[data-job]")?.dataset.job;
    if (event.key === " " && job !== undefined && kinds.get(job)?.kind === "flow") {
      event.preventDefault();
      return fold(job);
    }
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-cell]");
    if (!step || !cell) return;
    event.preventDefault();
    const [row = 0, column = 0] = (cell.dataset.cell ?? "").split(" ").map(Number);
    const next = `${row + (step[0] ?? 0)} ${column + (step[1] ?? 0)}`;
    scroller.current?.querySelector<HTMLElement>(`[data-cell="${next}"]`)?.focus();
  };
  const columns = `minmax(140px, 280px) repeat(${runs.length}, ${CELL_PX}px)`;
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      onKeyDown={move}
      role="grid"
      aria-label={t("flow.grid")}
      aria-rowcount={rows.length + 1}
    >
      <div className={classes.head} style={{ gridTemplateColumns: columns }} role="row">
        <span className={classes.corner} role="columnheader">
          {t("flow.jobs")}
        </span>
        {runs.map((run, index) => {
          const length = run.startedAt !== null && run.endedAt !== null ? run.endedAt - run.startedAt : null;
          const text = `#${run.id} ${word(run.status)} · ${absolute(run.startedAt, zone)} · ${duration(length)} · v${run.version}`;
          const changed = index > 0 && runs[index - 1]?.version !== run.version;
          return (
            <A
              key={run.id}
              href={to.execution(run.id)}
              className={classes.run}
              role="columnheader"
              title={text}
              aria-label={text}
              data-changed={changed || undefined}
            >
              <span
                className={classes.bar}
                data-family={lookOf(run.status).family}
                data-quiet={lookOf(run.status).family === "ok" || undefined}
                style={{ height: 4 + (30 * (length ?? 0)) / longest }}
              />
            </A>
          );
        })}
      </div>
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const node = kinds.get(row.job);
          const depth = row.job.split(":").length - 1;
          return (
            <div
              key={row.job}
              className={classes.row}
              style={{ gridTemplateColumns: columns, transform: `translateY(${item.start}px)`, height: ROW_PX }}
              role="row"
              aria-rowindex={item.index + 2}
              data-job={row.job}
              data-marked={row.job === search.node || undefined}
            >
              <span className={classes.header} role="rowheader">
                {node?.kind === "flow" && (
                  <button
                    type="button"
                    className={classes.fold}
                    style={{ left: depth * 16 }}
                    tabIndex={-1}
                    aria-expanded={!folded.has(row.job)}
                    aria-label={t("project.showJobs", { flow: row.job })}
                    onClick={() => fold(row.job)}
                  >
                    {folded.has(row.job) ? "▸" : "▾"}
                  </button>
                )}
                <A
                  href={to.job(project, flow.flow, row.job)}
                  className={classes.name}
                  style={{ paddingLeft: 18 + depth * 16 }}
                  title={row.job}
                  data-flow={node?.kind === "flow" || undefined}
                >
                  {node?.id ?? row.job}
                </A>
              </span>
              <RunCells
                runs={runs}
                codes={data.codes}
                job={row.job}
                at={row.index}
                row={item.index}
                isFlow={node?.kind === "flow"}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RunCellsProps {
  runs: Data["runs"];
  codes: Data["codes"];
  job: string;
  /** The job's place in the runs' statuses. */
  at: number;
  /** The row on screen. */
  row: number;
  isFlow: boolean;
}

/** What became of a job in each run; drawn again only if that changes, not when other rows come into view. */
const RunCells = memo(function RunCells({ runs, codes, job, at, row, isFlow }: RunCellsProps) {
  const go = useGo();
  const word = useStatusWord();
  return runs.map((run, column) => {
    const status = codes[run.cells[at] ?? "-"];
    if (!status) return <span key={run.id} className={classes.cell} role="gridcell" />;
    const text = `${job} #${run.id} ${word(status)}`;
    return (
      <button
        key={run.id}
        type="button"
        role="gridcell"
        tabIndex={row === 0 && column === runs.length - 1 ? 0 : -1}
        className={classes.cell}
        data-cell={`${row} ${column}`}
        data-family={lookOf(status).family}
        data-loud={isBad(status) || undefined}
        title={text}
        aria-label={text}
        onClick={() => go(isFlow ? to.execution(run.id, "jobslist") : to.log(run.id, job))}
      >
        <StatusIcon status={status} size={14} />
      </button>
    );
  });
});

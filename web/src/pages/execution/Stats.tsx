import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow } from "../../api/types";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { isFinal, isLeftOut } from "../../status/statuses";
import { duration } from "../../time/format";
import { useNow } from "../../time/Time";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { Figure, Figures } from "../../ui/Figures";
import { waited } from "./nodes";
import { useTimes } from "./useTimes";

/** Where the time went: how long jobs worked and waited, against what is usual for them. */
export function Stats({ execution, flow }: { execution: ExecutionDetail; flow: Flow }) {
  const { t, i18n } = useTranslation();
  const done = isFinal(execution.status);
  const clock = useNow(!done);
  const now = done ? (execution.endedAt ?? clock) : clock;
  const times = useTimes(execution, flow, true);
  const runs = new Map(execution.nodes.map((node) => [node.path, node]));
  if (execution.startedAt === null) return <Empty title={t("timeline.notStarted")} />;
  const rows = flow.nodes
    .filter((node) => node.kind === "job")
    .flatMap((node) => {
      const run = runs.get(node.path);
      if (run?.startedAt == null || isLeftOut(run.status)) return [];
      const attempts = run.attempts.length > 0 ? run.attempts : [run];
      const worked = attempts.reduce(
        (sum, attempt) => sum + (attempt.startedAt === null ? 0 : (attempt.endedAt ?? now) - attempt.startedAt),
        0,
      );
      const usual = times?.usual?.(node.path) ?? null;
      return [{ node, run, worked, usual, wait: waited({ node, run }, runs, execution.startedAt) }];
    })
    .sort((a, b) => b.worked - a.worked);
  const wall = Math.max(1, (execution.endedAt ?? now) - execution.startedAt);
  const work = rows.reduce((sum, row) => sum + row.worked, 0);
  const onPath = rows.filter((row) => times?.critical.has(row.node.path));
  const number = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 1 });
  return (
    <>
      <Figures>
        <Figure name={t("execution.duration")}>{duration(wall)}</Figure>
        <Figure name={t("stats.queued")}>{duration(execution.startedAt - execution.submittedAt)}</Figure>
        <Figure name={t("stats.work")}>{duration(work)}</Figure>
        <Figure name={t("stats.parallel")}>{number.format(work / wall)}</Figure>
        <Figure name={t("stats.path")}>
          {t("stats.pathJobs", {
            count: onPath.length,
            time: duration(onPath.reduce((sum, row) => sum + row.worked, 0)),
          })}
        </Figure>
        <Figure name={t("execution.attempts")}>
          {rows.reduce((sum, row) => sum + Math.max(1, row.run.attempts.length), 0)}
        </Figure>
      </Figures>
      <DataTable
        label={t("execution.stats")}
        rows={rows}
        id={(row) => row.node.path}
        href={(row) => to.log(execution.id, row.node.path)}
        columns={[
          {
            key: "job",
            head: t("flow.job"),
            phone: "main",
            cell: (row) => <A href={to.log(execution.id, row.node.path)}>{row.node.path}</A>,
          },
          { key: "status", head: t("execution.status"), cell: (row) => <Status status={row.run.status} as="text" /> },
          { key: "time", head: t("execution.duration"), num: true, cell: (row) => duration(row.worked) },
          { key: "usual", head: t("summary.p50"), num: true, phone: "never", cell: (row) => duration(row.usual) },
          {
            key: "ratio",
            head: t("stats.ratio"),
            num: true,
            cell: (row) => (row.usual ? `${number.format(row.worked / row.usual)}×` : "–"),
          },
          { key: "wait", head: t("execution.wait"), num: true, phone: "never", cell: (row) => duration(row.wait) },
          {
            key: "slack",
            head: t("stats.slack"),
            num: true,
            phone: "never",
            cell: (row) =>
              times?.critical.has(row.node.path) ? t("stats.onPath") : duration(times?.slack.get(row.node.path)),
          },
        ]}
      />
    </>
  );
}

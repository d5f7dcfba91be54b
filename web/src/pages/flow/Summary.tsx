import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Summary as Data, Flow } from "../../api/types";
import { A, to } from "../../navigation";
import { duration } from "../../time/format";
import { Trend } from "../../trend/Trend";
import { Async } from "../../ui/Async";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { Figure, Figures } from "../../ui/Figures";

/** How long the flow takes and where it fails, over its last runs. */
export function Summary({ project, flow }: { project: string; flow: Flow }) {
  const { t, i18n } = useTranslation();
  const query = useQuery({
    queryKey: ["flow-runs", project, flow.flow, "summary"],
    queryFn: ({ signal }) =>
      get<Data>(path("/projects/{}/flows/{}/summary", project, flow.flow), { runs: 100 }, signal),
  });
  const percent = (part: number) =>
    new Intl.NumberFormat(i18n.language, { style: "percent", maximumFractionDigits: 0 }).format(part);
  const types = [...new Set(flow.nodes.filter((node) => node.kind === "job").map((node) => node.type))].sort();
  return (
    <Async query={query}>
      {(data) =>
        data.runs === 0 ? (
          <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>
        ) : (
          <>
            <Figures>
              <Figure name={t("summary.p50")}>{duration(data.p50Ms)}</Figure>
              <Figure name={t("summary.p95")}>{duration(data.p95Ms)}</Figure>
              <Figure name={t("summary.failureRate")}>{percent(data.failed / Math.max(1, data.runs))}</Figure>
              <Figure name={t("summary.runs")}>{data.runs}</Figure>
              <Figure name={t("summary.types")}>{types.join(", ")}</Figure>
            </Figures>
            <Trend
              label={t("summary.trend")}
              points={[...data.trend].reverse().map((run) => ({
                key: run.id,
                name: `#${run.id}`,
                href: to.execution(run.id),
                status: run.status,
                startedAt: run.startedAt,
                durationMs: run.durationMs,
              }))}
            />
            <h2>{t("summary.slowest")}</h2>
            <DataTable
              label={t("summary.slowest")}
              rows={data.slowest}
              id={(job) => job.path}
              columns={[
                {
                  key: "job",
                  head: t("flow.job"),
                  phone: "main",
                  cell: (job) => <A href={to.job(project, flow.flow, job.path)}>{job.path}</A>,
                },
                { key: "p50", head: t("summary.p50"), num: true, cell: (job) => duration(job.p50Ms) },
                { key: "p95", head: t("summary.p95"), num: true, phone: "never", cell: (job) => duration(job.p95Ms) },
                { key: "runs", head: t("summary.runs"), num: true, phone: "never", cell: (job) => job.runs },
                { key: "failed", head: t("summary.failed"), num: true, phone: "never", cell: (job) => job.failed },
              ]}
            />
          </>
        )
      }
    </Async>
  );
}

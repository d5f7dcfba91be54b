import { useTranslation } from "react-i18next";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { duration } from "../../time/format";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { JobTrend } from "./JobTrend";
import { useFlowOfJob, useJobHistory } from "./useJobHistory";

/** How long a job took and how it ended, run by run. */
export default function JobHistory({ project, job, flow }: { project: string; job: string; flow: string | undefined }) {
  const found = useFlowOfJob(project, job, flow);
  if (found.data === undefined) return <Async query={found}>{() => null}</Async>;
  return <History project={project} job={job} root={found.data} />;
}

function History({ project, job, root }: { project: string; job: string; root: string }) {
  const { t } = useTranslation();
  const query = useJobHistory(project, root, job);
  return (
    <PageFrame
      title={job}
      crumbs={[
        { text: t("nav.projects"), href: to.projects() },
        { text: project, href: to.project(project) },
        { text: root, href: to.flow(project, root) },
      ]}
      facts={
        query.data && (
          <>
            <span>
              {t("summary.p50")} {duration(query.data.p50Ms)}
            </span>
            <span>
              {t("summary.p95")} {duration(query.data.p95Ms)}
            </span>
          </>
        )
      }
    >
      <Async query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>
          ) : (
            <>
              <JobTrend job={job} items={items} />
              <DataTable
                label={t("job.history")}
                rows={items}
                id={(row) => `${row.execution}.${row.attempt}`}
                href={(row) => to.log(row.execution, job, { attempt: row.attempt })}
                columns={[
                  {
                    key: "id",
                    head: t("execution.id"),
                    phone: "main",
                    cell: (row) => (
                      <A href={to.execution(row.execution)}>
                        #{row.execution}
                        {row.attempt > 0 && `.${row.attempt}`}
                      </A>
                    ),
                  },
                  {
                    key: "status",
                    head: t("execution.status"),
                    cell: (row) => <Status status={row.status} as="text" />,
                  },
                  { key: "start", head: t("execution.started"), cell: (row) => <Time at={row.startedAt} /> },
                  { key: "time", head: t("execution.duration"), num: true, cell: (row) => duration(row.durationMs) },
                  {
                    key: "log",
                    head: "",
                    cell: (row) =>
                      row.startedAt !== null && (
                        <A href={to.log(row.execution, job, { attempt: row.attempt })}>{t("graph.openLog")}</A>
                      ),
                  },
                ]}
              />
            </>
          )
        }
      </Async>
    </PageFrame>
  );
}

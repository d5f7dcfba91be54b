import { useTranslation } from "react-i18next";
import type { Attempt, ExecutionDetail } from "../../api/types";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";
import { Dash } from "../../ui/Dash";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";

interface Row extends Attempt {
  path: string;
  /** The next attempt may not begin before this. */
  notBefore: number | null;
}

/** Every attempt of the jobs that were tried more than once, in the order of time. */
export function Retries({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const rows: Row[] = execution.nodes
    .filter((node) => node.attempts.length > 1 || node.attempt > 0 || node.notBefore !== null)
    .flatMap((node) =>
      node.attempts.map((attempt, index) => ({
        ...attempt,
        path: node.path,
        notBefore: index === node.attempts.length - 1 && attempt.endedAt !== null ? node.notBefore : null,
      })),
    )
    .sort((a, b) => (a.startedAt ?? Number.MAX_SAFE_INTEGER) - (b.startedAt ?? Number.MAX_SAFE_INTEGER));
  if (rows.length === 0) return <Empty title={t("retries.none")}>{t("retries.noneNext")}</Empty>;
  return (
    <DataTable
      label={t("execution.retries")}
      rows={rows}
      id={(row) => `${row.path} ${row.attempt}`}
      href={(row) => to.log(execution.id, row.path, { attempt: row.attempt })}
      columns={[
        {
          key: "job",
          head: t("flow.job"),
          phone: "main",
          cell: (row) => (
            <>
              <A href={to.log(execution.id, row.path, { attempt: row.attempt })}>{row.path}</A>{" "}
              <span className="muted">{t("log.attemptNumber", { number: row.attempt })}</span>
            </>
          ),
        },
        { key: "status", head: t("execution.status"), cell: (row) => <Status status={row.status} as="text" /> },
        {
          key: "start",
          head: t("execution.started"),
          cell: (row) => <Time at={row.startedAt} always="absolute" />,
        },
        {
          key: "time",
          head: t("execution.duration"),
          num: true,
          cell: (row) => <Elapsed from={row.startedAt} to={row.endedAt} />,
        },
        { key: "exit", head: t("execution.exit"), num: true, cell: (row) => row.exitCode ?? <Dash /> },
        {
          key: "reason",
          head: t("execution.reason"),
          phone: "never",
          cell: (row) => (
            <span className="muted">
              {row.reason ?? (row.notBefore === null && <Dash />)}
              {row.notBefore !== null && (
                <>
                  {" "}
                  {t("retries.again")} <Time at={row.notBefore} />
                </>
              )}
            </span>
          ),
        },
      ]}
    />
  );
}

import { useTranslation } from "react-i18next";
import type { Execution } from "../../api/types";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";
import { type Column, DataTable } from "../../ui/DataTable";
import ui from "../../ui/ui.module.css";

interface Props {
  rows: Execution[];
  /** Leaves out what all rows share. */
  of?: "flow";
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  onEnd?: (() => void) | undefined;
  /** Before the others. */
  first?: Column<Execution>[];
}

/** Executions as rows; the number is the link. */
export function ExecutionTable({ rows, of, sort, onSort, onEnd, first = [] }: Props) {
  const { t } = useTranslation();
  const columns: Column<Execution>[] = [
    ...first,
    {
      key: "id",
      head: t("execution.id"),
      sort: "id",
      phone: "main",
      cell: (row) => (
        <A href={to.execution(row.id)}>
          #{row.id}
          {of === "flow" ? "" : <strong> {row.flow}</strong>}
        </A>
      ),
    },
    { key: "status", head: t("execution.status"), cell: (row) => <Status status={row.status} as="text" /> },
    ...(of === "flow"
      ? []
      : [
          {
            key: "project",
            head: t("execution.project"),
            cell: (row: Execution) => (
              <A href={to.project(row.project)} className={ui.name} title={row.project}>
                {row.project}
              </A>
            ),
          },
        ]),
    { key: "user", head: t("execution.user"), cell: (row) => row.user },
    { key: "start", head: t("execution.started"), cell: (row) => <Time at={row.startedAt ?? row.submittedAt} /> },
    { key: "end", head: t("execution.ended"), phone: "never", cell: (row) => <Time at={row.endedAt} /> },
    {
      key: "time",
      head: t("execution.duration"),
      num: true,
      cell: (row) => <Elapsed from={row.startedAt} to={row.endedAt} />,
    },
  ];
  return (
    <DataTable
      label={t("nav.executions")}
      columns={columns}
      rows={rows}
      id={(row) => row.id}
      href={(row) => to.execution(row.id)}
      sort={sort}
      {...(onSort && { onSort })}
      onEnd={onEnd}
    />
  );
}

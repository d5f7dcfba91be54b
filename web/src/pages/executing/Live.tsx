import { Button, Checkbox } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import { useExecution } from "../../api/queries";
import type { Execution, Running, RunningItem } from "../../api/types";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { duration } from "../../time/format";
import { Elapsed, Time } from "../../time/Time";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { Progress } from "../../ui/Progress";
import ui from "../../ui/ui.module.css";
import classes from "./Executing.module.css";
import { KillDialog } from "./KillDialog";
import { type Lingering, useLingering } from "./linger";

/** An execution that has ended stays so long, marked, so that nobody clicks at another. */
const STAYS_MS = 10_000;

type Row = Lingering<RunningItem>;

/** What runs, or what waits and why. */
export function Live({ data, queue }: { data: Running; queue: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const rows = useLingering(queue ? data.queue : data.running, STAYS_MS);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [asking, setAsking] = useState(false);
  const kill = useMutation({
    mutationFn: (id: number) => write<Execution>("POST", path("/executions/{}/kill", id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["running"] }),
  });
  if (rows.length === 0) {
    return (
      <Empty
        title={queue ? t("executing.nobodyWaits") : t("executing.nothingRuns")}
        action={<A href={to.projects()}>{t("nav.projects")}</A>}
      >
        {!queue && t("executing.nothingRunsNext")}
      </Empty>
    );
  }
  const living = rows.filter((each) => !each.gone).map((each) => each.row);
  const killable = living.filter((row) => row.mayKill);
  const victims = killable.filter((row) => chosen.has(row.id));
  const choose = (id: number) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const reason = (row: RunningItem) =>
    data.queueOpen
      ? t("executing.waitsForSlot", { used: data.slots.used, limit: data.slots.limit })
      : t("executing.queueClosed", { position: row.position });
  const select: Column<Row> = {
    key: "chosen",
    head: (
      <Checkbox
        aria-label={t("executing.selectAll")}
        checked={victims.length === killable.length && killable.length > 0}
        indeterminate={victims.length > 0 && victims.length < killable.length}
        onChange={(event) => setChosen(new Set(event.currentTarget.checked ? killable.map((row) => row.id) : []))}
      />
    ),
    phone: "never",
    cell: ({ row, gone }) =>
      row.mayKill && (
        <Checkbox
          aria-label={t("executing.select", { id: row.id })}
          checked={!gone && chosen.has(row.id)}
          disabled={gone}
          onChange={() => choose(row.id)}
        />
      ),
  };
  const columns: Column<Row>[] = [
    // Rows are chosen to be killed and for nothing else.
    ...(rows.some(({ row }) => row.mayKill) ? [select] : []),
    ...(queue
      ? [{ key: "position", head: "#", num: true, cell: ({ row, gone }: Row) => (gone ? "" : (row.position ?? "")) }]
      : []),
    {
      key: "id",
      head: t("execution.id"),
      phone: "main",
      cell: ({ row, gone }) => (
        <span className={gone ? classes.gone : undefined}>
          <A href={to.execution(row.id)}>
            #{row.id} <strong>{row.flow}</strong>
          </A>{" "}
          <A href={to.project(row.project)} className="muted">
            {row.project}
          </A>
        </span>
      ),
    },
    {
      key: "status",
      head: t("execution.status"),
      cell: ({ row, gone }) => (gone ? <Ended row={row} queue={queue} /> : <Status status={row.status} as="text" />),
    },
    queue
      ? {
          key: "reason",
          head: t("executing.why"),
          cell: ({ row, gone }: Row) => !gone && <span className="muted">{reason(row)}</span>,
        }
      : {
          key: "progress",
          head: t("executing.progress"),
          cell: ({ row }: Row) => <Progress counts={row.counts} />,
        },
    { key: "user", head: t("execution.user"), cell: ({ row }) => row.user },
    {
      key: "since",
      head: queue ? t("executing.waitsSince") : t("execution.started"),
      cell: ({ row }) => <Time at={row.startedAt ?? row.submittedAt} />,
    },
    {
      key: "time",
      head: t("execution.duration"),
      num: true,
      cell: ({ row, gone }) =>
        !gone && (
          <>
            <Elapsed from={row.startedAt ?? row.submittedAt} to={null} />
            {row.expectedMs !== null && <span className="muted"> / ~{duration(row.expectedMs)}</span>}
          </>
        ),
    },
    {
      key: "kill",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: ({ row, gone }) =>
        !gone &&
        row.mayKill && (
          <Button
            variant="default"
            size="compact-sm"
            leftSection={<Square size={10} fill="currentColor" />}
            loading={kill.isPending && kill.variables === row.id}
            onClick={() => kill.mutate(row.id)}
            aria-label={t("executing.killNamed", { id: row.id, flow: row.flow })}
          >
            {t("execution.kill")}
          </Button>
        ),
    },
  ];
  return (
    <>
      {victims.length > 0 && (
        <div className={ui.toolbar} role="status">
          <Button
            variant="default"
            leftSection={<Square size={12} fill="currentColor" />}
            onClick={() => setAsking(true)}
          >
            {t("executing.killMany", { count: victims.length })}
          </Button>
          <Button variant="subtle" onClick={() => setChosen(new Set())}>
            {t("executing.selectNone")}
          </Button>
        </div>
      )}
      <DataTable
        label={queue ? t("executing.queue") : t("executing.running")}
        columns={columns}
        rows={rows}
        id={({ row }) => row.id}
        href={({ row }) => to.execution(row.id)}
      />
      {asking && <KillDialog victims={victims} onClose={() => setAsking(false)} />}
    </>
  );
}

/** How one ended, or that it has left the queue. */
function Ended({ row, queue }: { row: RunningItem; queue: boolean }) {
  const { t } = useTranslation();
  const { data } = useExecution(row.id);
  if (!data) return null;
  return (
    <span>
      <Status status={data.status} as="text" /> {queue && <span className="muted">{t("executing.leftQueue")}</span>}
    </span>
  );
}

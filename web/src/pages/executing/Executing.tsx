import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { Execution, Page, RunningItem } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to, useTab } from "../../navigation";
import { useRunning } from "../../shell/Shell";
import { Status } from "../../status/Status";
import { duration } from "../../time/format";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { Progress } from "../../ui/Progress";
import { ExecutionTable } from "../history/ExecutionTable";

const TABS = ["currently-running", "queue", "recently-finished"] as const;
const RECENT_MS = 10 * 60_000;

/** What runs, what waits and what has just ended. */
export default function Executing() {
  const { t } = useTranslation();
  const [tab] = useTab(TABS);
  const query = useRunning();
  return (
    <PageFrame
      title={t("nav.executing")}
      facts={
        query.data?.slots.limit != null && (
          <span>{t("executing.slots", { used: query.data.slots.used, limit: query.data.slots.limit })}</span>
        )
      }
      tabs={[
        { id: "currently-running", text: t("executing.running"), count: query.data?.running.length },
        { id: "queue", text: t("executing.queue"), count: query.data?.queue.length },
        { id: "recently-finished", text: t("executing.recent") },
      ]}
      tab={tab}
    >
      {tab === "recently-finished" ? (
        <Recent />
      ) : (
        <Async query={query}>
          {(data) => (tab === "queue" ? <List rows={data.queue} queue /> : <List rows={data.running} />)}
        </Async>
      )}
    </PageFrame>
  );
}

function List({ rows, queue }: { rows: RunningItem[]; queue?: boolean }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
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
  const columns: Column<RunningItem>[] = [
    ...(queue ? [{ key: "position", head: "#", num: true, cell: (row: RunningItem) => row.position ?? "" }] : []),
    {
      key: "id",
      head: t("execution.id"),
      phone: "main",
      cell: (row) => (
        <A href={to.execution(row.id)}>
          #{row.id} <strong>{row.flow}</strong>
        </A>
      ),
    },
    {
      key: "project",
      head: t("execution.project"),
      cell: (row) => <A href={to.project(row.project)}>{row.project}</A>,
    },
    { key: "status", head: t("execution.status"), cell: (row) => <Status status={row.status} as="text" /> },
    ...(queue
      ? []
      : [
          {
            key: "progress",
            head: t("executing.progress"),
            cell: (row: RunningItem) => <Progress counts={row.counts} />,
          },
        ]),
    { key: "user", head: t("execution.user"), cell: (row) => row.user },
    {
      key: "since",
      head: queue ? t("executing.waitsSince") : t("execution.started"),
      cell: (row) => <Time at={row.startedAt ?? row.submittedAt} />,
    },
    {
      key: "time",
      head: t("execution.duration"),
      num: true,
      cell: (row) => (
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
      cell: (row) => (
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
    <DataTable
      label={queue ? t("executing.queue") : t("executing.running")}
      columns={columns}
      rows={rows}
      id={(row) => row.id}
      href={(row) => to.execution(row.id)}
    />
  );
}

function Recent() {
  const { t } = useTranslation();
  useTopics("executions");
  const query = useQuery({
    queryKey: ["execs", "recent"],
    queryFn: ({ signal }) =>
      get<Page<Execution>>(
        "/executions",
        { status: "SUCCEEDED,FAILED,KILLED,EXECUTION_STOPPED", limit: 200, startedAfter: Date.now() - 24 * 3_600_000 },
        signal,
      ),
  });
  return (
    <Async query={query}>
      {({ items }) => {
        const since = Date.now() - RECENT_MS;
        const rows = items.filter((row) => (row.endedAt ?? 0) >= since);
        if (rows.length === 0) {
          return <Empty title={t("executing.nothingRecent")} action={<A href={to.history()}>{t("nav.history")}</A>} />;
        }
        return <ExecutionTable rows={rows} />;
      }}
    </Async>
  );
}

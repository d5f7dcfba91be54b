import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Execution, Page } from "../../api/types";
import { serverNow } from "../../boot";
import { useTopics } from "../../live/live";
import { A, to, useTab } from "../../navigation";
import { useRunning } from "../../shell/Shell";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { ExecutionTable } from "../history/ExecutionTable";
import { Live } from "./Live";

const TABS = ["currently-running", "queue", "recently-finished"] as const;
/** That an execution starts or ends is told by events; how far it is is asked for this often. */
const PROGRESS_MS = 2_000;
const RECENT_MS = 10 * 60_000;

/** What runs, what waits and what has just ended. */
export default function Executing() {
  const { t } = useTranslation();
  const [tab] = useTab(TABS);
  const query = useRunning(PROGRESS_MS);
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
        <Async query={query}>{(data) => <Live key={tab} data={data} queue={tab === "queue"} />}</Async>
      )}
    </PageFrame>
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
        { status: "SUCCEEDED,FAILED,KILLED,EXECUTION_STOPPED", limit: 200, startedAfter: serverNow() - 24 * 3_600_000 },
        signal,
      ),
  });
  return (
    <Async query={query}>
      {({ items }) => {
        const since = serverNow() - RECENT_MS;
        const rows = items.filter((row) => (row.endedAt ?? 0) >= since);
        if (rows.length === 0) {
          return <Empty title={t("executing.nothingRecent")} action={<A href={to.history()}>{t("nav.history")}</A>} />;
        }
        return <ExecutionTable rows={rows} />;
      }}
    </Async>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Execution, Page } from "../../api/types";
import { useTopics } from "../../live/live";
import { to } from "../../navigation";
import { Trend } from "../../trend/Trend";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import { ExecutionTable } from "../history/ExecutionTable";

/** Runs in the chart above the list. */
const TREND_RUNS = 60;

/** The runs of a flow, newest first, and how long the last of them took. */
export function FlowExecutions({ project, flow }: { project: string; flow: string }) {
  const { t } = useTranslation();
  useTopics("executions");
  const query = useInfiniteQuery({
    queryKey: ["execs", "flow", project, flow],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Execution>>("/executions", { project, flow, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  return (
    <Async query={query}>
      {({ pages }) => {
        const rows = pages.flatMap((page) => page.items);
        if (rows.length === 0) return <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>;
        return (
          <>
            {rows.length > 1 && (
              <Trend
                label={t("summary.trend")}
                points={rows
                  .slice(0, TREND_RUNS)
                  .map((run) => ({
                    key: run.id,
                    name: `#${run.id}`,
                    href: to.execution(run.id),
                    status: run.status,
                    startedAt: run.startedAt,
                    durationMs: run.startedAt !== null && run.endedAt !== null ? run.endedAt - run.startedAt : null,
                  }))
                  .reverse()}
              />
            )}
            <ExecutionTable
              rows={rows}
              of="flow"
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
            />
          </>
        );
      }}
    </Async>
  );
}

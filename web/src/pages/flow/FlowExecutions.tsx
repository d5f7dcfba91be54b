import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Execution, Page } from "../../api/types";
import { useTopics } from "../../live/live";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import { ExecutionTable } from "../history/ExecutionTable";

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
          <ExecutionTable
            rows={rows}
            of="flow"
            onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
          />
        );
      }}
    </Async>
  );
}

import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Page, ProjectEvent } from "../../api/types";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Project.module.css";

/** What was done to the project, newest first. */
export function ProjectLog({ project }: { project: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery({
    queryKey: ["project", project, "events"],
    queryFn: ({ pageParam, signal }) =>
      get<Page<ProjectEvent>>(path("/projects/{}/events", project), { cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  return (
    <>
      <div className={ui.toolbar}>
        <Button
          variant="default"
          leftSection={<RefreshCw size={14} />}
          loading={query.isRefetching}
          onClick={() => void query.refetch()}
        >
          {t("action.refresh")}
        </Button>
      </div>
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items).map((event, index) => ({ ...event, index }));
          if (rows.length === 0) return <Empty title={t("projectLog.none")} />;
          return (
            <DataTable
              label={t("project.log")}
              rows={rows}
              id={(event) => event.index}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
              columns={[
                { key: "at", head: t("projectLog.time"), cell: (event) => <Time at={event.at} always="absolute" /> },
                { key: "user", head: t("projectLog.user"), cell: (event) => event.user },
                {
                  key: "kind",
                  head: t("projectLog.kind"),
                  cell: (event) => t(`projectLog.kinds.${event.kind as "UPLOADED"}`, { defaultValue: event.kind }),
                },
                {
                  key: "message",
                  head: t("projectLog.message"),
                  phone: "main",
                  cell: (event) => <span className={classes.value}>{event.message}</span>,
                },
              ]}
            />
          );
        }}
      </Async>
    </>
  );
}

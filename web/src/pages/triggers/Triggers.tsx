import { useQuery } from "@tanstack/react-query";
import { useLocation } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { all, get } from "../../api/client";
import type { FlowTrigger, Schedule } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to } from "../../navigation";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Cut } from "../../ui/Cut";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { CronWords } from "../schedules/CronWords";
import { deadline } from "../sla/deadline";

const PAGES = ["/triggers", "/flowtrigger", "/flowtriggerinstance"] as const;

/** What starts flows without anybody: Azkaban's three pages of triggers as tabs of one. */
export default function Triggers() {
  const { t } = useTranslation();
  const at = useLocation({ select: (location) => location.pathname });
  const page = PAGES.find((each) => each === at) ?? PAGES[0];
  return (
    <PageFrame
      title={t("nav.triggers")}
      tabs={PAGES.map((each) => ({
        id: each,
        href: each,
        text: t(
          each === "/triggers"
            ? "triggers.all"
            : each === "/flowtrigger"
              ? "triggers.flowTriggers"
              : "triggers.instances",
        ),
      }))}
      tab={page}
    >
      {page === "/triggers" && <All />}
      {page === "/flowtrigger" && <FlowTriggers />}
      {page === "/flowtriggerinstance" && (
        <Empty
          title={t("triggers.noInstances")}
          action={<A href={to.history({ source: "schedule" })}>{t("triggers.started")}</A>}
        >
          {t("triggers.noInstancesNext")}
        </Empty>
      )}
    </PageFrame>
  );
}

/** Every trigger there is, which are the schedules under the same ids. */
function All() {
  const { t } = useTranslation();
  useTopics("schedules");
  const query = useQuery({
    queryKey: ["schedules", "triggers"],
    queryFn: ({ signal }) => all<Schedule>("/schedules", {}, signal),
  });
  const columns: Column<Schedule>[] = [
    { key: "id", head: t("triggers.id"), num: true, phone: "never", cell: (row) => row.id },
    {
      key: "what",
      head: t("triggers.starts"),
      phone: "main",
      cell: (row) => (
        <span>
          <A href={to.project(row.project)}>{row.project}</A> / <A href={to.flow(row.project, row.flow)}>{row.flow}</A>
        </span>
      ),
    },
    {
      key: "source",
      head: t("triggers.source"),
      cell: (row) => <A href={to.schedules({ project: row.project, flow: row.flow })}>{t("triggers.schedule")}</A>,
    },
    { key: "when", head: t("schedule.when"), cell: (row) => <CronWords cron={row.cron} period={row.period} /> },
    {
      key: "next",
      head: t("flow.next"),
      cell: (row) => (row.paused ? <strong>{t("schedule.paused")}</strong> : <Time at={row.nextAt} />),
    },
    { key: "user", head: t("execution.user"), cell: (row) => row.user },
  ];
  return (
    <Async query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty title={t("triggers.none")} action={<A href={to.projects()}>{t("nav.projects")}</A>}>
            {t("triggers.noneNext")}
          </Empty>
        ) : (
          <>
            <DataTable
              label={t("triggers.all")}
              columns={columns}
              rows={items}
              id={(row) => row.id}
              href={(row) => to.schedules({ project: row.project, flow: row.flow })}
            />
            <Cut page={query.data} />
          </>
        )
      }
    </Async>
  );
}

/** Flow triggers as the projects' files define them; of one flow, or of all. */
export function FlowTriggers({ project, flow }: { project?: string; flow?: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["flow-triggers", project ?? "", flow ?? ""],
    queryFn: ({ signal }) =>
      get<{ items: FlowTrigger[]; complete: boolean }>("/flow-triggers", { project, flow }, signal),
  });
  const columns: Column<FlowTrigger>[] = [
    {
      key: "flow",
      head: t("flow.flow"),
      phone: "main",
      cell: (row) => (
        <span>
          <A href={to.project(row.project)}>{row.project}</A> / <A href={to.flow(row.project, row.flow)}>{row.flow}</A>
        </span>
      ),
    },
    { key: "when", head: t("schedule.when"), cell: (row) => <CronWords cron={row.cron} period={null} /> },
    {
      key: "wait",
      head: t("triggers.maxWait"),
      num: true,
      cell: (row) => (row.maxWaitMs === null ? "–" : deadline(row.maxWaitMs)),
    },
    {
      key: "dependencies",
      head: t("triggers.dependencies"),
      cell: (row) =>
        row.dependencies.length === 0
          ? t("triggers.noDependencies")
          : row.dependencies.map((each) => (
              <div
                key={each.name}
                title={Object.entries(each.params)
                  .map(([name, value]) => `${name}=${value}`)
                  .join("\n")}
              >
                {each.name} <span className="muted">{each.type}</span>
              </div>
            )),
    },
  ];
  return (
    <Async query={query}>
      {({ items, complete }) =>
        items.length === 0 ? (
          <Empty
            title={t("triggers.noFlowTriggers")}
            action={<A href={to.schedules(flow && project ? { project, flow } : {})}>{t("nav.schedules")}</A>}
          >
            {t("triggers.noFlowTriggersNext")}
          </Empty>
        ) : (
          <>
            <p className="muted">{t("triggers.notWaited")}</p>
            <DataTable
              label={t("triggers.flowTriggers")}
              columns={columns}
              rows={items}
              id={(row) => `${row.project} ${row.flow}`}
              href={(row) => to.flow(row.project, row.flow)}
            />
            {!complete && <p className="muted">{t("triggers.incomplete")}</p>}
          </>
        )
      }
    </Async>
  );
}

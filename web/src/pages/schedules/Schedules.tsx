import { ActionIcon, Button, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarPlus, Ellipsis, Pause, Play, Search } from "lucide-react";
import { lazy, Suspense } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { Page, Schedule } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to, useParams } from "../../navigation";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import { CronWords } from "./CronWords";
import { RemoveSchedule } from "./RemoveSchedule";
import { Week } from "./Week";

const Editor = lazy(() => import("./Editor"));

/** What runs by itself and when. */
export default function Schedules() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const { project, flow } = search;
  const week = "week" in search;
  useTopics("schedules");
  const query = useQuery({
    queryKey: ["schedules", project ?? "", flow ?? ""],
    queryFn: ({ signal }) => get<Page<Schedule>>("/schedules", { project, flow, limit: 200 }, signal),
  });
  const filter = (search.q ?? "").toLowerCase();
  const edit = search.edit !== undefined && project && flow ? { project, flow } : null;
  // A schedule is replaced with all its options, which the API does not tell: one that exists is not edited here.
  const exists = (query.data?.items ?? []).some((row) => row.project === project && row.flow === flow);
  const rows = (query.data?.items ?? []).filter((row) =>
    `${row.project}/${row.flow} ${row.user}`.toLowerCase().includes(filter),
  );
  return (
    <PageFrame
      title={t("nav.schedules")}
      {...(project && {
        crumbs: [
          { text: project, href: to.project(project) },
          ...(flow ? [{ text: flow, href: to.flow(project, flow) }] : []),
        ],
      })}
      actions={
        project &&
        flow &&
        rows.length === 0 && (
          <Button leftSection={<CalendarPlus size={16} />} onClick={() => setSearch({ edit: "1" })}>
            {t("schedule.new")}
          </Button>
        )
      }
    >
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("schedule.view")}
          value={week ? "week" : "list"}
          onChange={(value) => setSearch({ week: value === "week" ? "" : undefined })}
          data={[
            { value: "list", label: t("schedule.list") },
            { value: "week", label: t("schedule.week") },
          ]}
        />
        <TextInput
          data-filter=""
          aria-label={t("schedule.filter")}
          placeholder={t("schedule.filter")}
          leftSection={<Search size={14} />}
          value={search.q ?? ""}
          onChange={(event) => setSearch({ q: event.currentTarget.value || undefined })}
        />
      </div>
      {week ? (
        <Week project={project} flow={flow} filter={filter} />
      ) : (
        <Async query={query}>
          {() =>
            rows.length === 0 ? (
              <Empty
                title={filter ? t("schedule.noHit") : t("schedule.none")}
                action={!flow && <A href={to.projects()}>{t("nav.projects")}</A>}
              >
                {!filter && t("schedule.noneNext")}
              </Empty>
            ) : (
              <List rows={rows} />
            )
          }
        </Async>
      )}
      {edit && query.data && !exists && (
        <Suspense fallback={null}>
          <Editor project={edit.project} flow={edit.flow} onClose={() => setSearch({ edit: undefined })} />
        </Suspense>
      )}
    </PageFrame>
  );
}

function List({ rows }: { rows: Schedule[] }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const queries = useQueryClient();
  const pause = useMutation({
    mutationFn: ({ id, paused }: { id: number; paused: boolean }) =>
      write<Schedule>("POST", path(`/schedules/{}/${paused ? "resume" : "pause"}`, id)),
    onSettled: () => queries.invalidateQueries({ queryKey: ["schedules"] }),
  });
  const columns: Column<Schedule>[] = [
    {
      key: "flow",
      head: t("execution.flow"),
      phone: "main",
      cell: (row) => (
        <span>
          <A href={to.project(row.project)}>{row.project}</A> / <A href={to.flow(row.project, row.flow)}>{row.flow}</A>
        </span>
      ),
    },
    {
      key: "cron",
      head: t("schedule.when"),
      cell: (row) => (
        <span>
          <CronWords cron={row.cron} period={row.period} /> <span className="muted">{row.timeZone}</span>
        </span>
      ),
    },
    {
      key: "next",
      head: t("flow.next"),
      cell: (row) => (row.paused ? <strong>{t("schedule.paused")}</strong> : <Time at={row.nextAt} />),
    },
    { key: "user", head: t("execution.user"), phone: "never", cell: (row) => row.user },
    {
      key: "actions",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: (row) => (
        <span>
          <Button
            variant="default"
            size="compact-sm"
            leftSection={row.paused ? <Play size={12} /> : <Pause size={12} />}
            loading={pause.isPending && pause.variables.id === row.id}
            onClick={() => pause.mutate(row)}
          >
            {row.paused ? t("schedule.resume") : t("schedule.pause")}
          </Button>{" "}
          <Menu>
            <Menu.Target>
              <ActionIcon variant="subtle" size={26} aria-label={t("action.moreOf", { name: row.flow })}>
                <Ellipsis size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item color="red" onClick={() => setSearch({ remove: String(row.id) })}>
                {t("schedule.remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </span>
      ),
    },
  ];
  const removed = rows.find((row) => String(row.id) === search.remove);
  return (
    <>
      <DataTable
        label={t("nav.schedules")}
        columns={columns}
        rows={rows}
        id={(row) => row.id}
        href={(row) => to.flow(row.project, row.flow)}
      />
      {removed && <RemoveSchedule schedule={removed} onClose={() => setSearch({ remove: undefined })} />}
    </>
  );
}

import { ActionIcon, Button, Menu, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Lock, Pause, Pencil, Play, Search } from "lucide-react";
import { lazy, Suspense, useCallback } from "react";
import { useTranslation } from "react-i18next";
import { all, path, write } from "../../api/client";
import { useProject } from "../../api/queries";
import type { Page, Schedule } from "../../api/types";
import { serverNow } from "../../boot";
import { useTopics } from "../../live/live";
import { A, to, useParams } from "../../navigation";
import { Status } from "../../status/Status";
import { Time, useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Cut } from "../../ui/Cut";
import { Dash } from "../../ui/Dash";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { showProblem } from "../../ui/toast";
import ui from "../../ui/ui.module.css";
import { offerUndo } from "../../ui/undo";
import { may } from "../project/Project";
import { CronWords } from "./CronWords";
import { NewButton, PickFlow } from "./New";
import { useReasonWords } from "./reasons";
import classes from "./Schedules.module.css";
import { Week } from "./Week";
import { latest } from "./week";

const Editor = lazy(() => import("./Editor"));

const HOUR_MS = 3_600_000;
/** How far back the last result of a schedule is looked for. */
const BACK_MS = 7 * 24 * HOUR_MS;
/** What `edit` in the address is while the flow of a new schedule is being picked. */
const PICK = "pick";

/** What runs by itself and when. */
export default function Schedules() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const { project, flow } = search;
  const week = "week" in search;
  useTopics("schedules", "executions");
  const query = useQuery({
    queryKey: ["schedules", "list", project ?? "", flow ?? ""],
    // Fires that passed are told one by one, so the end of the time is where they end.
    queryFn: ({ signal }) => {
      const hour = Math.floor(serverNow() / HOUR_MS) * HOUR_MS;
      return all<Schedule>("/schedules", { project, flow, from: hour - BACK_MS, to: hour + HOUR_MS }, signal);
    },
  });
  const filter = (search.q ?? "").normalize("NFKC").toLowerCase();
  const state = search.state === "active" || search.state === "paused" ? search.state : "all";
  const fits = useCallback(
    (row: Schedule) =>
      `${row.project}/${row.flow} ${row.user}`.toLowerCase().includes(filter) &&
      (state === "all" || row.paused === (state === "paused")),
    [filter, state],
  );
  const rows = (query.data?.items ?? []).filter(fits);
  const picking = search.edit === PICK;
  const shown = search.edit !== undefined && !picking && project && flow ? { project, flow } : undefined;
  const exists = (query.data?.items ?? []).some((row) => row.project === project && row.flow === flow);
  const edited = query.data?.items.find((row) => String(row.id) === search.schedule) ?? shown;
  const close = () => setSearch({ edit: undefined, schedule: undefined });
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
        query.data && (
          <NewButton shown={project} onClick={() => setSearch({ edit: project && flow && !exists ? "1" : PICK })} />
        )
      }
    >
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("schedule.view")}
          value={week ? "week" : "list"}
          onChange={(value) => setSearch({ week: value === "week" ? "" : undefined, day: undefined, hour: undefined })}
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
        <SegmentedControl
          aria-label={t("schedule.state.label")}
          value={state}
          onChange={(value) => setSearch({ state: value === "all" ? undefined : value })}
          data={(["all", "active", "paused"] as const).map((value) => ({ value, label: t(`schedule.state.${value}`) }))}
        />
      </div>
      {week ? (
        <Week project={project} flow={flow} fits={fits} />
      ) : (
        <Async query={query}>
          {() =>
            rows.length === 0 ? (
              <Empty
                title={filter || state !== "all" ? t("schedule.noHit") : t("schedule.none")}
                action={!flow && <A href={to.projects()}>{t("nav.projects")}</A>}
              >
                {!filter && state === "all" && t("schedule.noneNext")}
              </Empty>
            ) : (
              <>
                <List rows={rows} />
                <Cut page={query.data} />
              </>
            )
          }
        </Async>
      )}
      {edited && <Edit project={edited.project} flow={edited.flow} onClose={close} />}
      {picking && <PickFlow first={project} onClose={close} />}
    </PageFrame>
  );
}

/** The editor, for whoever may change schedules of the project: an address can be followed by anybody. */
function Edit({ project, flow, onClose }: { project: string; flow: string; onClose: () => void }) {
  const { data } = useProject(project);
  if (!data || !may(data, "SCHEDULE")) return null;
  return (
    <Suspense fallback={null}>
      <Editor project={project} flow={flow} onClose={onClose} />
    </Suspense>
  );
}

/** Pauses and resumes; the page shows it at once and goes back if the server refuses. */
function usePause() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, paused }: Schedule) =>
      write<Schedule>("POST", path(`/schedules/{}/${paused ? "resume" : "pause"}`, id)),
    onMutate: async (row) => {
      await queries.cancelQueries({ queryKey: ["schedules"] });
      const before = queries.getQueriesData<Page<Schedule>>({ queryKey: ["schedules"] });
      for (const [key, page] of before) {
        if (!page?.items) continue;
        const items = page.items.map((each) => (each.id === row.id ? { ...each, paused: !row.paused } : each));
        queries.setQueryData(key, { ...page, items });
      }
      return before;
    },
    meta: { shown: true },
    onError: (error, _, before) => {
      for (const [key, page] of before ?? []) queries.setQueryData(key, page);
      showProblem(error);
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["schedules"] }),
  });
}

/** Removes at once, and for ten seconds offers to take it back. */
function useRemove() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const refresh = () => {
    void queries.invalidateQueries({ queryKey: ["sla"] });
    return queries.invalidateQueries({ queryKey: ["schedules"] });
  };
  return useMutation({
    mutationFn: (row: Schedule) => write("DELETE", path("/projects/{}/flows/{}/schedule", row.project, row.flow)),
    onSuccess: async (_, row) => {
      await refresh();
      offerUndo(t("schedule.removed", { flow: row.flow }), async () => {
        await write<Schedule>("POST", path("/schedules/{}/restore", row.id));
        await refresh();
      });
    },
  });
}

function List({ rows }: { rows: Schedule[] }) {
  const { t } = useTranslation();
  const [, setSearch] = useParams();
  const zone = useZone();
  const pause = usePause();
  const remove = useRemove();
  const columns: Column<Schedule>[] = [
    {
      key: "flow",
      head: t("execution.flow"),
      phone: "main",
      cell: (row) => (
        <span>
          <A href={to.project(row.project)}>{row.project}</A> / <A href={to.flow(row.project, row.flow)}>{row.flow}</A>
          {row.locked && (
            <span role="img" className={classes.lock} title={t("schedule.lockedFire")} aria-label={t("flow.locked")}>
              <Lock size={13} />
            </span>
          )}
        </span>
      ),
    },
    {
      key: "cron",
      head: t("schedule.when"),
      cell: (row) => (
        <span>
          <CronWords cron={row.cron} period={row.period} />
          {row.timeZone !== zone && <span className="muted"> {row.timeZone}</span>}
        </span>
      ),
    },
    { key: "last", head: t("schedule.last"), cell: (row) => <Last schedule={row} /> },
    {
      key: "next",
      head: t("flow.next"),
      cell: (row) => (row.paused ? <strong>{t("schedule.paused")}</strong> : <Time at={row.nextAt} />),
    },
    {
      key: "sla",
      head: t("nav.sla"),
      phone: "never",
      cell: (row) =>
        row.slaRules > 0 ? (
          <A href={to.flow(row.project, row.flow, "sla")} className={classes.nowrap}>
            {t("sla.count", { count: row.slaRules })}
          </A>
        ) : (
          <Dash />
        ),
    },
    { key: "user", head: t("execution.user"), phone: "never", cell: (row) => row.user },
    {
      key: "actions",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: (row) =>
        row.mayChange && (
          <span className={classes.actions}>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={row.paused ? <Play size={12} /> : <Pause size={12} />}
              onClick={() => pause.mutate(row)}
            >
              {row.paused ? t("schedule.resume") : t("schedule.pause")}
            </Button>
            <Button
              variant="default"
              size="compact-sm"
              leftSection={<Pencil size={12} />}
              aria-label={t("schedule.editNamed", { flow: row.flow })}
              onClick={() => setSearch({ schedule: String(row.id) })}
            >
              {t("action.edit")}
            </Button>
            <Menu>
              <Menu.Target>
                <ActionIcon variant="subtle" size={26} aria-label={t("action.moreOf", { name: row.flow })}>
                  <Ellipsis size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item component={A} href={to.flow(row.project, row.flow, "sla")}>
                  {t("sla.open")}
                </Menu.Item>
                <Menu.Item color="red" onClick={() => remove.mutate(row)}>
                  {t("schedule.remove")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </span>
        ),
    },
  ];
  return (
    <DataTable
      label={t("nav.schedules")}
      columns={columns}
      rows={rows}
      id={(row) => row.id}
      href={(row) => to.flow(row.project, row.flow)}
    />
  );
}

/** What the latest fire came to, or why it started nothing. */
function Last({ schedule }: { schedule: Schedule }) {
  const { t } = useTranslation();
  const reason = useReasonWords();
  const past = latest(schedule);
  if (!past) return <Dash />;
  if (past.run) {
    return (
      <A href={to.execution(past.run.id)} className={classes.last}>
        <Status status={past.run.status} as="icon" /> <Time at={past.at} />
      </A>
    );
  }
  return (
    <span className={classes.refused} title={t("schedule.startedNothing")}>
      {reason(past)} · <Time at={past.at} />
    </span>
  );
}

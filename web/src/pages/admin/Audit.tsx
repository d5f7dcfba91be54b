import { Button, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Ban, Check, Download, X } from "lucide-react";
import { useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { address, get } from "../../api/client";
import type { AuditEntry, Page } from "../../api/types";
import { A, to, useGo, useParams } from "../../navigation";
import { Time, useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Dash } from "../../ui/Dash";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import { moment } from "../history/filter";
import classes from "./Admin.module.css";
import { AdminFrame } from "./AdminFrame";

/** Beginnings of the names of actions; each stands for all of its kind. */
const KINDS = [
  "login",
  "logout",
  "session",
  "token",
  "project",
  "permission",
  "proxy-user",
  "properties",
  "flow",
  "schedule",
  "execution",
  "server",
];

/** Who did what from where, and what was refused. */
export default function Audit() {
  const { t } = useTranslation();
  const zone = useZone();
  const [search] = useParams();
  const filter = {
    user: search.user,
    action: search.action,
    project: search.project,
    outcome: search.outcome === "done" || search.outcome === "refused" ? search.outcome : undefined,
    from: moment(search.after ?? "", zone),
    to: moment(search.before ?? "", zone),
  };
  return (
    <AdminFrame
      tab="audit"
      actions={
        <Button
          component="a"
          variant="default"
          leftSection={<Download size={14} />}
          href={address("/audit/export", filter)}
          download="audit.csv"
        >
          {t("history.export")}
        </Button>
      }
    >
      {() => <List filter={filter} />}
    </AdminFrame>
  );
}

function List({ filter }: { filter: Record<string, string | number | undefined> }) {
  const { t } = useTranslation();
  const go = useGo();
  const [search, setSearch] = useParams();
  const wanted = useDeferredValue(JSON.stringify(filter));
  const query = useInfiniteQuery({
    queryKey: ["audit", wanted],
    queryFn: ({ pageParam, signal }) =>
      get<Page<AuditEntry>>("/audit", { ...JSON.parse(wanted), cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
  const active = Object.values(filter).some((value) => value !== undefined);
  const text = (key: "user" | "project", label: string, first = false) => (
    <TextInput
      {...(first && { "data-filter": "" })}
      className={classes.short}
      aria-label={label}
      placeholder={label}
      value={search[key] ?? ""}
      onChange={(event) => setSearch({ [key]: event.currentTarget.value || undefined })}
    />
  );
  const date = (key: "after" | "before", label: string) => (
    <label className={classes.date}>
      {label}
      <input
        type="datetime-local"
        value={search[key] ?? ""}
        onChange={(event) => setSearch({ [key]: event.currentTarget.value || undefined })}
      />
    </label>
  );
  return (
    <>
      <search className={ui.toolbar}>
        {text("user", t("projectLog.user"), true)}
        <Select
          className={classes.short}
          aria-label={t("audit.action")}
          placeholder={t("audit.action")}
          searchable
          clearable
          data={search.action && !KINDS.includes(search.action) ? [...KINDS, search.action] : KINDS}
          value={search.action ?? null}
          onChange={(value) => setSearch({ action: value ?? undefined })}
        />
        {text("project", t("execution.project"))}
        <Select
          className={classes.short}
          aria-label={t("audit.outcome")}
          placeholder={t("audit.outcome")}
          clearable
          data={(["done", "refused"] as const).map((value) => ({ value, label: t(`audit.${value}`) }))}
          value={search.outcome ?? null}
          onChange={(value) => setSearch({ outcome: value ?? undefined })}
        />
        {date("after", t("history.from"))}
        {date("before", t("history.until"))}
        {active && (
          <Button variant="subtle" leftSection={<X size={14} />} onClick={() => go("/admin/audit")}>
            {t("history.clear")}
          </Button>
        )}
      </search>
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title={t("audit.none")} />;
          return (
            <DataTable
              label={t("admin.audit")}
              rows={rows}
              id={(entry) => entry.id}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
              columns={[
                { key: "at", head: t("projectLog.time"), cell: (entry) => <Time at={entry.at} always="absolute" /> },
                {
                  key: "outcome",
                  head: t("audit.outcome"),
                  cell: (entry) =>
                    entry.outcome === "refused" ? (
                      <span className={classes.tag} data-family="fail">
                        <Ban size={12} aria-hidden="true" /> {t("audit.refused")}
                      </span>
                    ) : (
                      <span className="muted">
                        <Check size={12} aria-hidden="true" /> {t("audit.done")}
                      </span>
                    ),
                },
                {
                  key: "user",
                  head: t("projectLog.user"),
                  cell: (entry) => (
                    <button type="button" className={ui.linkButton} onClick={() => setSearch({ user: entry.user })}>
                      {entry.user}
                    </button>
                  ),
                },
                {
                  key: "action",
                  head: t("audit.action"),
                  phone: "main",
                  cell: (entry) => (
                    <button
                      type="button"
                      className={`${ui.linkButton} mono`}
                      onClick={() => setSearch({ action: entry.action })}
                    >
                      {entry.action}
                    </button>
                  ),
                },
                { key: "about", head: t("audit.about"), cell: (entry) => <About entry={entry} /> },
                {
                  key: "details",
                  head: t("projectLog.message"),
                  cell: (entry) => (entry.details ? <span className={classes.wrap}>{entry.details}</span> : <Dash />),
                },
                {
                  key: "ip",
                  head: t("sessions.ip"),
                  phone: "never",
                  cell: (entry) => (entry.ip ? <span className="mono muted">{entry.ip}</span> : <Dash />),
                },
              ]}
            />
          );
        }}
      </Async>
    </>
  );
}

/** What an entry is about, as links. */
function About({ entry }: { entry: AuditEntry }) {
  if (entry.execution !== null) return <A href={to.execution(entry.execution)}>#{entry.execution}</A>;
  if (entry.project === null) return <Dash />;
  return (
    <span>
      <A href={to.project(entry.project)}>{entry.project}</A>
      {entry.flow !== null && (
        <>
          {" / "}
          <A href={to.flow(entry.project, entry.flow)}>{entry.flow}</A>
        </>
      )}
    </span>
  );
}

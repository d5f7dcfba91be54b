import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Plus, Search, Star } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import { useFlows } from "../../api/queries";
import type { Page, Project } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to, useParams } from "../../navigation";
import { setPreference, usePreference } from "../../preferences";
import { toggleStar, useStars } from "../../stars";
import { RunStrip } from "../../status/RunStrip";
import { Status } from "../../status/Status";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import { CreateProject } from "./CreateProject";
import classes from "./Projects.module.css";

type Scope = "mine" | "group" | "all";

/** Azkaban's own parameters: `group`, `all`, and the search. */
function scopeOf(search: Record<string, string>, preferred: Scope): Scope {
  if ("all" in search) return "all";
  if ("group" in search) return "group";
  return "mine" in search ? "mine" : preferred;
}

/** A term of Azkaban's search is a regular expression, in our box one stands between slashes. */
function termOf(search: Record<string, string>): string {
  if (search.q !== undefined) return search.q;
  const term = search.searchterm ?? "";
  return /^[\w-]*$/.test(term) ? term : `/${term}/`;
}

export default function Projects() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const preferred = usePreference("projects");
  const scope = scopeOf(search, preferred);
  const term = termOf(search);
  const q = useDeferredValue(term.normalize("NFKC").trim());
  const sort = search.sort ?? "name";
  const starsOnly = "starred" in search;
  const stars = useStars();
  const [create, setCreate] = useState(false);
  useTopics("projects", "executions");
  const query = useInfiniteQuery({
    queryKey: ["projects", scope, q, sort],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Project>>("/projects", { scope, q, sort, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });

  const choose = (wanted: Scope) => {
    setPreference("projects", wanted);
    setSearch({ mine: undefined, group: undefined, all: undefined, [wanted]: "" });
  };
  return (
    <PageFrame
      title={t("nav.projects")}
      actions={
        <Button leftSection={<Plus size={16} />} onClick={() => setCreate(true)}>
          {t("projects.create")}
        </Button>
      }
    >
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("projects.scope")}
          value={scope}
          onChange={(value) => choose(value as Scope)}
          data={(["mine", "group", "all"] as const).map((value) => ({ value, label: t(`projects.${value}`) }))}
        />
        <TextInput
          data-filter=""
          className={classes.filter}
          aria-label={t("projects.filter")}
          placeholder={t("projects.filter")}
          leftSection={<Search size={14} />}
          value={term}
          onChange={(event) =>
            setSearch({
              q: event.currentTarget.value || undefined,
              doaction: undefined,
              searchterm: undefined,
            })
          }
        />
        <Button
          variant={starsOnly ? "light" : "default"}
          aria-pressed={starsOnly}
          leftSection={<Star size={14} />}
          onClick={() => setSearch({ starred: starsOnly ? undefined : "" })}
        >
          {t("projects.starred")}
        </Button>
      </div>
      <Async query={{ ...query, data: query.data }}>
        {(data) => {
          const all = data.pages.flatMap((page) => page.items);
          const rows = starsOnly ? all.filter((project) => stars.has(project.name)) : all;
          if (rows.length === 0)
            return (
              <NoProjects
                filtered={q !== "" || starsOnly}
                scope={scope}
                all={() => choose("all")}
                create={() => setCreate(true)}
              />
            );
          return (
            <Table
              rows={rows}
              sort={sort}
              onSort={(value) => setSearch({ sort: value })}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
            />
          );
        }}
      </Async>
      <CreateProject opened={create} onClose={() => setCreate(false)} />
    </PageFrame>
  );
}

interface TableProps {
  rows: Project[];
  sort: string;
  onSort: (sort: string) => void;
  onEnd: (() => void) | undefined;
}

function Table({ rows, sort, onSort, onEnd }: TableProps) {
  const { t } = useTranslation();
  const stars = useStars();
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (name: string) => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    setOpen(next);
  };
  const columns: Column<Project>[] = [
    {
      key: "name",
      head: t("projects.name"),
      sort: "name",
      phone: "main",
      cell: (project) => (
        <span className={classes.nameCell}>
          <button
            type="button"
            className={classes.icon}
            aria-expanded={open.has(project.name)}
            aria-label={t("projects.showFlows", { project: project.name })}
            onClick={() => toggle(project.name)}
          >
            {open.has(project.name) ? <ChevronDown size={16} /> : <ChevronRight size={16} />}
          </button>
          <button
            type="button"
            className={classes.icon}
            aria-pressed={stars.has(project.name)}
            aria-label={t("projects.star", { project: project.name })}
            onClick={() => toggleStar(project.name)}
          >
            <Star size={14} fill={stars.has(project.name) ? "currentColor" : "none"} />
          </button>
          <A href={to.project(project.name)} className={ui.name} title={project.name}>
            {project.name}
          </A>
        </span>
      ),
    },
    {
      key: "description",
      head: t("projects.description"),
      phone: "never",
      cell: (project) => <span className={classes.description}>{project.description}</span>,
    },
    { key: "flows", head: t("projects.flows"), num: true, phone: "never", cell: (project) => project.flowCount ?? "–" },
    {
      key: "last",
      head: t("projects.lastRun"),
      cell: (project) =>
        project.lastRun ? (
          <A href={to.execution(project.lastRun.id)} className={classes.last}>
            <Status status={project.lastRun.status} as="text" />
            <span className="muted">
              {project.lastRun.flow} ·{" "}
              <Time at={project.lastRun.endedAt ?? project.lastRun.startedAt ?? project.lastRun.submittedAt} />
            </span>
          </A>
        ) : (
          <span className="muted">{t("runs.none")}</span>
        ),
    },
    {
      key: "modified",
      head: t("projects.modified"),
      sort: "modifiedAt",
      phone: "never",
      cell: (project) => (
        <span className="muted">
          <Time at={project.modifiedAt} /> · {project.modifiedBy}
        </span>
      ),
    },
  ];
  return (
    <DataTable
      label={t("nav.projects")}
      columns={columns}
      rows={rows}
      id={(project) => project.id}
      href={(project) => to.project(project.name)}
      sort={sort}
      onSort={onSort}
      onEnd={onEnd}
      {...(open.size > 0 && {
        below: (project: Project) => open.has(project.name) && <FlowsOf project={project.name} />,
      })}
    />
  );
}

function FlowsOf({ project }: { project: string }) {
  const { t } = useTranslation();
  const query = useFlows(project);
  return (
    <Async query={query} rows={2}>
      {({ items }) => (
        <div className={classes.flows}>
          {items.length === 0 && <span className="muted">{t("project.noFlows")}</span>}
          {items.map((flow) => (
            <div key={flow.id} className={classes.flow}>
              <A href={to.flow(project, flow.id)}>{flow.id}</A>
              <RunStrip runs={flow.recent} />
            </div>
          ))}
        </div>
      )}
    </Async>
  );
}

function NoProjects(props: { filtered: boolean; scope: Scope; all: () => void; create: () => void }) {
  const { t } = useTranslation();
  if (props.filtered || props.scope !== "all") {
    const action = props.scope !== "all" && (
      <Button variant="default" onClick={props.all}>
        {t("projects.searchAll")}
      </Button>
    );
    return <Empty title={t("projects.noHit")} action={action} />;
  }
  return (
    <Empty title={t("projects.none")} action={<Button onClick={props.create}>{t("projects.create")}</Button>}>
      {t("projects.noneNext")}
    </Empty>
  );
}

import { Button, Checkbox, MultiSelect, Select, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { Columns2, Download, Search, X } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Execution, Page } from "../../api/types";
import { useTopics } from "../../live/live";
import { to, useGo, useParams } from "../../navigation";
import { StatusIcon, useStatusWord } from "../../status/Status";
import { STATUS_NAMES } from "../../status/statuses";
import { useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import { saveFile } from "../../ui/files";
import { PageFrame } from "../../ui/PageFrame";
import { say } from "../../ui/toast";
import ui from "../../ui/ui.module.css";
import { Brush } from "./Brush";
import { countsOf } from "./counts";
import { ExecutionTable } from "./ExecutionTable";
import { exportCsv } from "./export";
import { FacetBar } from "./FacetBar";
import { type Filter, moment, readFilter, query as toQuery, wallOf } from "./filter";
import classes from "./History.module.css";
import { NoHit } from "./NoHit";
import { ViewsMenu } from "./ViewsMenu";
import { viewOf } from "./view";

/** Every execution, by what it was and how it ended. Azkaban's own parameters are understood. */
export default function History() {
  const { t } = useTranslation();
  const go = useGo();
  const word = useStatusWord();
  const zone = useZone();
  const [search, setSearch] = useParams();
  const filter = readFilter(search);
  const deferred = useDeferredValue(JSON.stringify(toQuery(filter, zone)));
  const sort = search.sort ?? "-id";
  useTopics("executions");
  const query = useInfiniteQuery({
    queryKey: ["execs", "history", deferred, sort],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Execution>>("/executions", { ...JSON.parse(deferred), sort, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
  // What is changed here is written in our own words; Azkaban's words for it go.
  const set = (part: Partial<Filter>) => {
    const next: Filter = { ...filter, ...part };
    const old = {
      search: undefined,
      searchterm: undefined,
      advfilter: undefined,
      projcontain: undefined,
      flowcontain: undefined,
    };
    setSearch({
      ...old,
      usercontain: undefined,
      begin: undefined,
      end: undefined,
      page: undefined,
      size: undefined,
      ...Object.fromEntries(Object.entries(next).map(([key, value]) => [key, value || undefined])),
    });
  };
  const active = Object.values(filter).some(Boolean);
  // Counted apart from the rows, which need not wait for it.
  const counted = useQuery({ ...countsOf(JSON.parse(deferred)), placeholderData: keepPreviousData });
  // The brush shows what is around the chosen time as well.
  const around = { ...JSON.parse(deferred), startedAfter: undefined, startedBefore: undefined };
  const timeline = useQuery({ ...countsOf(around), placeholderData: keepPreviousData }).data?.facets?.timeline;
  const total = counted.data?.total;
  const [chosen, setChosen] = useState<number[]>([]);
  const choose = (id: number) =>
    setChosen((old) => (old.includes(id) ? old.filter((each) => each !== id) : [...old, id].slice(-2)));
  const [first, second] = [...chosen].sort((x, y) => x - y);
  const save = useMutation({
    mutationFn: () => exportCsv(toQuery(filter, zone), sort, zone),
    onSuccess: ({ file, count, complete }) => {
      saveFile(file, "executions.csv");
      if (!complete) say(t("history.exportCut", { count }));
    },
  });
  const fields = [
    ["flow", t("execution.flow")],
    ["project", t("execution.project")],
    ["user", t("execution.user")],
  ] as const;
  return (
    <PageFrame
      title={t("nav.history")}
      facts={
        total && (
          <span>
            {t("history.total", { count: total.count, shown: total.exact ? String(total.count) : `${total.count}+` })}
          </span>
        )
      }
      actions={
        <>
          <ViewsMenu query={viewOf(search)} />
          <Button
            variant="default"
            leftSection={<Columns2 size={14} />}
            disabled={first === undefined || second === undefined}
            title={t("history.compareHint")}
            onClick={() => first !== undefined && second !== undefined && go(to.compare(first, second))}
          >
            {t("version.compare")}
          </Button>
          <Button
            variant="default"
            leftSection={<Download size={14} />}
            loading={save.isPending}
            onClick={() => save.mutate()}
          >
            {t("history.export")}
          </Button>
        </>
      }
    >
      <search className={ui.toolbar}>
        {fields.map(([key, label], index) => (
          <TextInput
            key={key}
            {...(index === 0 && { "data-filter": "", leftSection: <Search size={14} /> })}
            className={classes.field}
            aria-label={label}
            placeholder={label}
            value={filter[key]}
            onChange={(event) => set({ [key]: event.currentTarget.value })}
          />
        ))}
        <MultiSelect
          className={classes.statuses}
          aria-label={t("execution.status")}
          placeholder={filter.status ? "" : t("execution.status")}
          data={STATUS_NAMES.filter((name) => !["READY", "SKIPPED", "DISABLED", "CANCELLED"].includes(name)).map(
            (name) => ({
              value: name,
              label: word(name),
            }),
          )}
          value={filter.status ? filter.status.split(",") : []}
          onChange={(value) => set({ status: value.join(",") })}
          renderOption={({ option }) => (
            <span className={classes.option}>
              <StatusIcon status={option.value} size={14} /> {option.label}
            </span>
          )}
          clearable
        />
        <Select
          className={classes.field}
          aria-label={t("execution.triggerslist")}
          placeholder={filter.source ? "" : t("execution.triggerslist")}
          data={(["adhoc", "schedule"] as const).map((value) => ({ value, label: t(`history.sources.${value}`) }))}
          value={filter.source || null}
          onChange={(value) => set({ source: value ?? "" })}
          clearable
        />
        <label className={classes.date}>
          {t("history.from")}
          <input
            type="datetime-local"
            value={filter.after}
            onChange={(event) => set({ after: event.currentTarget.value })}
          />
        </label>
        <label className={classes.date}>
          {t("history.until")}
          <input
            type="datetime-local"
            value={filter.before}
            onChange={(event) => set({ before: event.currentTarget.value })}
          />
        </label>
        {active && (
          <Button variant="subtle" leftSection={<X size={14} />} onClick={() => go(to.history())}>
            {t("history.clear")}
          </Button>
        )}
      </search>
      <div className={classes.overview}>
        {timeline?.started.some(Boolean) && (
          <Brush
            timeline={timeline}
            from={moment(filter.after, zone)}
            until={moment(filter.before, zone)}
            // Fields for dates know minutes only: the last one is let in whole.
            onChange={(from, until) => set({ after: wallOf(from, zone), before: wallOf(until + 59_999, zone) })}
          />
        )}
        {counted.data?.facets && <FacetBar facets={counted.data.facets} filter={filter} onChange={set} />}
      </div>
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return active ? (
              <NoHit filter={filter} onChange={set} />
            ) : (
              <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>
            );
          }
          return (
            <ExecutionTable
              rows={rows}
              first={[
                {
                  key: "chosen",
                  head: <span className="visually-hidden">{t("action.select")}</span>,
                  phone: "never",
                  cell: (row) => (
                    <Checkbox
                      aria-label={t("executing.select", { id: row.id })}
                      checked={chosen.includes(row.id)}
                      onChange={() => choose(row.id)}
                    />
                  ),
                },
              ]}
              sort={sort}
              onSort={(value) => setSearch({ sort: value })}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
            />
          );
        }}
      </Async>
    </PageFrame>
  );
}

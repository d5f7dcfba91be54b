import { Button, MultiSelect, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useDeferredValue } from "react";
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
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import { ExecutionTable } from "./ExecutionTable";
import { type Filter, readFilter, query as toQuery } from "./filter";
import classes from "./History.module.css";

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
  const total = query.data?.pages[0]?.total;
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
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) {
            return active ? (
              <Empty
                title={t("history.noHit")}
                action={
                  <Button variant="default" onClick={() => go(to.history())}>
                    {t("history.clear")}
                  </Button>
                }
              />
            ) : (
              <Empty title={t("runs.none")}>{t("runs.noneNext")}</Empty>
            );
          }
          return (
            <ExecutionTable
              rows={rows}
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

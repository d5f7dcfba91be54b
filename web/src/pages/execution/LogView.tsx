import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ALargeSmall, ArrowDown, ChevronDown, ChevronUp, Copy, Download, Regex, Search, WrapText } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { address, get, path } from "../../api/client";
import type { LogPage } from "../../api/types";
import log from "../../log/Log.module.css";
import { formatRange, parseRange, plain } from "../../log/lines";
import { PAGE_LINES, useLog } from "../../log/useLog";
import { useSearch } from "../../log/useSearch";
import { Viewport, type ViewportHandle } from "../../log/Viewport";
import { useParams } from "../../navigation";
import { setPreference, usePreference } from "../../preferences";
import { useKeys } from "../../shell/keys";
import { isBad, isFinal } from "../../status/statuses";
import { bytes } from "../../time/format";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { Loading } from "../../ui/Loading";
import { say } from "../../ui/toast";

interface Props {
  id: number;
  /** A job's path; `null` for the flow's own log. */
  job: string | null;
  attempt?: number | undefined;
  status: string;
  started: boolean;
}

/** Selections of more lines than this are downloaded rather than copied. */
const COPY_LINES = 20_000;

/** A log: opens at the first error or at its end, follows while it grows, and is searched on the server. */
export function LogView({ id, job, attempt, status, started }: Props) {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useParams();
  const content = useLog(id, job, attempt);
  const view = useRef<ViewportHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const wrap = usePreference("wrap") === "on";
  const [bottom, setBottom] = useState(true);
  const [seen, setSeen] = useState(0);
  const regex = "regex" in params;
  const matchCase = "case" in params;
  const hits = useSearch(id, job, attempt, { text: params.q ?? "", regex, matchCase });
  const [hit, setHit] = useState(0);
  const selected = parseRange(params.line);

  const first = useQuery({
    queryKey: ["log-error", id, job, attempt],
    queryFn: ({ signal }) =>
      get<{ error: { line: number } | null }>(path("/executions/{}/logs/first-error", id), { job, attempt }, signal),
    enabled: content.loaded && isFinal(status) && isBad(status) && content.total > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });

  // Once, as soon as it is known where to begin.
  const opened = useRef(false);
  const wanted = selected?.[0] ?? first.data?.error?.line ?? null;
  useEffect(() => {
    if (opened.current || !content.loaded || (first.isLoading && !selected)) return;
    opened.current = true;
    if (wanted === null) view.current?.end();
    else view.current?.show(wanted);
    setSeen(content.total);
  });
  const { total } = content;
  useEffect(() => {
    if (!bottom || !opened.current || total === 0) return;
    view.current?.end();
    setSeen(total);
  }, [bottom, total]);

  const go = (step: number) => {
    if (hits.lines.length === 0) return;
    const next = (hit + step + hits.lines.length) % hits.lines.length;
    setHit(next);
    view.current?.show(hits.lines[next] ?? 0);
  };
  const firstHit = hits.lines[0];
  useEffect(() => {
    setHit(0);
    if (firstHit !== undefined) view.current?.show(firstHit);
  }, [firstHit]);

  useKeys("log", {
    n: ["keys.nextHit", () => go(1)],
    "Shift+N": ["keys.previousHit", () => go(-1)],
    "Shift+G": ["keys.logEnd", () => view.current?.end()],
    "g g": ["keys.logStart", () => view.current?.show(0)],
    w: ["keys.wrap", () => setPreference("wrap", wrap ? "off" : "on")],
    f: ["keys.follow", () => view.current?.end()],
    "$mod+f": [
      "keys.logSearch",
      () => {
        input.current?.focus();
        input.current?.select();
      },
    ],
  });

  const copy = async () => {
    if (!selected) return;
    const [from, to] = selected;
    if (to - from > COPY_LINES) return say(t("log.tooMany"));
    const text: string[] = [];
    for (let page = Math.floor(from / PAGE_LINES); page <= Math.floor(to / PAGE_LINES); page += 1) {
      const part = await get<LogPage>(path("/executions/{}/logs/page", id), { job, attempt, page });
      text.push(...part.lines.filter((_, index) => part.firstLine + index >= from && part.firstLine + index <= to));
    }
    await navigator.clipboard.writeText(text.map(plain).join("\n"));
    say(t("log.copied", { count: text.length }));
  };

  if (!content.loaded && content.error) {
    if (!started) return <Empty title={t("log.notStarted")} />;
    return <ErrorPanel error={content.error} />;
  }
  if (!content.loaded) return <Loading />;
  const toggle = (label: string, icon: ReactNode, on: boolean, act: () => void) => (
    <Tooltip label={label}>
      <ActionIcon variant={on ? "light" : "default"} size={30} aria-label={label} aria-pressed={on} onClick={act}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <div className={log.frame}>
      <div className={log.tools}>
        <TextInput
          ref={input}
          data-filter=""
          className={log.search}
          aria-label={t("log.search")}
          placeholder={t("log.search")}
          leftSection={<Search size={14} />}
          value={params.q ?? ""}
          error={hits.error ? true : undefined}
          onChange={(event) => setParams({ q: event.currentTarget.value || undefined })}
          onKeyDown={(event) => event.key === "Enter" && go(event.shiftKey ? -1 : 1)}
        />
        {toggle(t("log.regex"), <Regex size={14} />, regex, () => setParams({ regex: regex ? undefined : "" }))}
        {toggle(t("log.case"), <ALargeSmall size={16} />, matchCase, () =>
          setParams({ case: matchCase ? undefined : "" }),
        )}
        {params.q && (
          <>
            <span className={log.count} role="status">
              {hits.error
                ? t("log.badSearch")
                : hits.lines.length === 0
                  ? hits.done
                    ? t("log.noHit")
                    : "…"
                  : `${hit + 1} / ${hits.lines.length}${hits.truncated || !hits.done ? "+" : ""}`}
            </span>
            {toggle(t("log.previous"), <ChevronUp size={14} />, false, () => go(-1))}
            {toggle(t("log.next"), <ChevronDown size={14} />, false, () => go(1))}
          </>
        )}
        <span className={log.spring} />
        {selected &&
          toggle(t("log.copy", { lines: formatRange(selected) }), <Copy size={14} />, false, () => void copy())}
        {toggle(t("log.wrap"), <WrapText size={14} />, wrap, () => setPreference("wrap", wrap ? "off" : "on"))}
        <Button
          component="a"
          href={address(path("/executions/{}/logs/raw", id), { job, attempt })}
          variant="default"
          leftSection={<Download size={14} />}
        >
          {bytes(content.bytes, i18n.language)}
        </Button>
      </div>
      {content.rolled && <div className={log.note}>{t("log.rolled")}</div>}
      <div className={log.view}>
        {total === 0 ? (
          <Empty title={content.complete ? t("log.empty") : t("log.nothingYet")} />
        ) : (
          <Viewport
            log={content}
            wrap={wrap}
            label={t("log.label")}
            selected={selected}
            spans={hits.spans}
            current={params.q ? (hits.lines[hit] ?? null) : (first.data?.error?.line ?? null)}
            onSelect={(range) => setParams({ line: formatRange(range) })}
            onBottom={(now) => {
              setBottom(now);
              if (now) setSeen(total);
            }}
            handle={view}
          />
        )}
        {!bottom && total > seen && (
          <Button
            className={log.more}
            size="compact-sm"
            leftSection={<ArrowDown size={14} />}
            onClick={() => view.current?.end()}
          >
            {t("log.newLines", { count: total - seen })}
          </Button>
        )}
      </div>
    </div>
  );
}

import { ActionIcon, Button, TextInput, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import {
  ALargeSmall,
  ArrowDown,
  ChevronDown,
  ChevronUp,
  Clock,
  Copy,
  Download,
  Link,
  Regex,
  Search,
  WrapText,
} from "lucide-react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import { address, get, path } from "../../api/client";
import type { LogPage } from "../../api/types";
import { Folds, marker } from "../../log/groups";
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
import { copyText, offerText } from "../../ui/copy";
import { Empty } from "../../ui/Empty";
import { ErrorPanel } from "../../ui/ErrorPanel";
import { saveFile } from "../../ui/files";
import { Loading } from "../../ui/Loading";
import { say, showProblem } from "../../ui/toast";

interface Props {
  id: number;
  /** A job's path; `null` for the flow's own log. */
  job: string | null;
  attempt?: number | undefined;
  status: string;
  started: boolean;
}

/** Selections of more lines than this are not copied; the whole log can be downloaded. */
const COPY_LINES = 100_000;
/** A longer text becomes a file, since not every program takes it from the clipboard; so does any where there is none. */
const COPY_CHARS = 5 * 1024 * 1024;
/** A group has at most so many lines. */
const FOLD_LINES = 20_000;
/** Below this what the logger wrote would be all that is seen. */
const NARROW_PX = 640;
/** Hits marked beside the scroll bar. */
const MARKS = 300;

/** A log: opens at the first error or at its end, follows while it grows, and is searched on the server. */
export function LogView({ id, job, attempt, status, started }: Props) {
  const { t, i18n } = useTranslation();
  const [params, setParams] = useParams();
  const content = useLog(id, job, attempt);
  const view = useRef<ViewportHandle>(null);
  const input = useRef<HTMLInputElement>(null);
  const wrap = usePreference("wrap") === "on";
  // Whoever asks for a line does not follow the end.
  const [bottom, setBottom] = useState(() => parseRange(params.line) === null);
  const [seen, setSeen] = useState(0);
  const regex = "regex" in params;
  const matchCase = "case" in params;
  const hits = useSearch(id, job, attempt, { text: params.q ?? "", regex, matchCase });
  const [hit, setHit] = useState(0);
  const selected = parseRange(params.line);
  const choice = usePreference("logPrefix");
  const prefix = choice === "auto" ? window.innerWidth >= NARROW_PX : choice === "on";
  const [folds, setFolds] = useState(() => new Folds());
  // What is looked for is never hidden.
  const show = (line: number) => {
    const open = folds.showing(line);
    if (open === folds) return view.current?.show(line);
    flushSync(() => setFolds(open));
    view.current?.show(line);
  };
  const showing = useRef(show);
  showing.current = show;

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
    else show(wanted);
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
    show(hits.lines[next] ?? 0);
  };
  const firstHit = hits.lines[0];
  useEffect(() => {
    setHit(0);
    if (firstHit !== undefined) showing.current(firstHit);
  }, [firstHit]);

  useKeys("log", {
    n: ["keys.nextHit", () => go(1)],
    "Shift+N": ["keys.previousHit", () => go(-1)],
    "Shift+G": ["keys.logEnd", () => view.current?.end()],
    "g g": ["keys.logStart", () => view.current?.show(0)],
    t: ["keys.logPrefix", () => setPreference("logPrefix", prefix ? "off" : "on")],
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
    const all = text.map(plain).join("\n");
    if (all.length <= COPY_CHARS && (await copyText(all))) return say(t("log.copied", { count: text.length }));
    saveFile(new Blob([all], { type: "text/plain" }), `${id}-${formatRange(selected)}.txt`);
    say(t("log.savedLines", { count: text.length }));
  };
  const copyLink = async () => {
    const { href } = window.location;
    if (await copyText(href)) say(t("log.linkCopied"));
    else offerText(t("log.linkHere"), href);
  };

  /** The end of a group is looked for only when somebody folds it, and not forever. */
  const fold = async (head: number) => {
    const known = folds.at(head);
    if (known) return setFolds(folds.without(known));
    const first = head + 1;
    let last = first - 1;
    const until = Math.min(content.total, first + FOLD_LINES);
    for (let page = Math.floor(first / PAGE_LINES); last + 1 < until; page += 1) {
      const part = await get<LogPage>(path("/executions/{}/logs/page", id), { job, attempt, page });
      const from = Math.max(0, first - part.firstLine);
      const end = part.lines.findIndex((line, index) => index >= from && marker(line) !== null);
      if (end >= 0) {
        // A line that only ends a group goes with it.
        last = part.firstLine + end - (marker(part.lines[end] ?? "") === "end" ? 0 : 1);
        break;
      }
      if (part.lines.length === 0) break;
      last = part.firstLine + part.lines.length - 1;
    }
    if (last >= first) setFolds((old) => old.with({ first, last }));
  };
  const error = first.data?.error?.line;
  const marks = useMemo(() => {
    // More marks than the bar has pixels would say nothing.
    const step = Math.max(1, Math.ceil(hits.lines.length / MARKS));
    const shown = hits.lines.filter((_, index) => index % step === 0);
    return error === undefined ? shown : [...new Set([...shown, error])];
  }, [hits.lines, error]);

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
        {selected && (
          <>
            {toggle(
              t("log.copy", { lines: formatRange(selected) }),
              <Copy size={14} />,
              false,
              () => void copy().catch(showProblem),
            )}
            {toggle(
              t("log.link", { lines: formatRange(selected) }),
              <Link size={14} />,
              false,
              () => void copyLink().catch(showProblem),
            )}
          </>
        )}
        {toggle(t("log.prefix"), <Clock size={14} />, prefix, () => setPreference("logPrefix", prefix ? "off" : "on"))}
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
            prefix={prefix}
            folds={folds}
            onFold={(line) => void fold(line).catch(showProblem)}
            marks={marks}
            onCopy={() => void copy().catch(showProblem)}
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

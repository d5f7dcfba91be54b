import { ActionIcon, Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight, CircleSlash, TriangleAlert } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { all } from "../../api/client";
import type { Schedule } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { Status, useStatusWord } from "../../status/Status";
import { lookOf } from "../../status/statuses";
import { duration, wallClock } from "../../time/format";
import { useMinute, useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Cut } from "../../ui/Cut";
import { Dash } from "../../ui/Dash";
import ui from "../../ui/ui.module.css";
import { moment } from "../history/filter";
import { CronWords } from "./CronWords";
import { useReasonWords } from "./reasons";
import classes from "./Schedules.module.css";
import { type Entry, entries, isBad, isFrequent, latest } from "./week";

const DAY_MS = 86_400_000;
/** More fires in one hour are counted. */
const CROWD = 6;

/** The week as a calendar: results in the past, the forecast with its usual length in the future. */
export function Week({
  project,
  flow,
  fits,
}: {
  project: string | undefined;
  flow: string | undefined;
  fits: (schedule: Schedule) => boolean;
}) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useParams();
  const zone = useZone();
  const now = useMinute();
  const shift = Number(search.week) || 0;
  // Noon of today, so that a day more or less an hour stays the right day.
  const noon = moment(`${wallClock(now, zone).date}T12:00`, zone) ?? now;
  const today = wallClock(now, zone).date;
  const weekday = (new Date(`${today}T00:00Z`).getUTCDay() + 6) % 7;
  const monday = noon - weekday * DAY_MS + shift * 7 * DAY_MS;
  const days = Array.from({ length: 7 }, (_, index) => wallClock(monday + index * DAY_MS, zone).date);
  const from = moment(`${days[0]}T00:00`, zone) ?? monday;
  const until = from + 8 * DAY_MS;
  const query = useQuery({
    queryKey: ["schedules", "week", project ?? "", flow ?? "", from],
    queryFn: ({ signal }) => all<Schedule>("/schedules", { project, flow, from, to: until }, signal),
    placeholderData: keepPreviousData,
  });
  const items = query.data?.items;
  const { frequent, byDay } = useMemo(() => {
    const fitting = (items ?? []).filter(fits);
    const fires = fitting.filter((schedule) => !isFrequent(schedule)).flatMap((schedule) => entries(schedule, now));
    return {
      frequent: fitting.filter(isFrequent),
      byDay: Map.groupBy(fires, (entry) => wallClock(entry.at, zone).date),
    };
  }, [items, fits, now, zone]);
  const name = (date: string) =>
    new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" }).format(Date.parse(`${date}T00:00Z`));
  // A phone shows one day.
  const shown = search.day && days.includes(search.day) ? search.day : days.includes(today) ? today : days[0];
  return (
    <>
      <div className={ui.toolbar}>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={t("schedule.previousWeek")}
          onClick={() => setSearch({ week: String(shift - 1), day: undefined })}
        >
          <ChevronLeft size={16} />
        </ActionIcon>
        <strong>
          {days[0]} – {days[6]}
        </strong>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={t("schedule.nextWeek")}
          onClick={() => setSearch({ week: String(shift + 1), day: undefined })}
        >
          <ChevronRight size={16} />
        </ActionIcon>
        {shift !== 0 && (
          <Button variant="subtle" onClick={() => setSearch({ week: "", day: undefined })}>
            {t("schedule.thisWeek")}
          </Button>
        )}
        <span className={ui.grow} />
        <span className={`muted ${classes.legend}`}>{t("schedule.legend", { zone })}</span>
      </div>
      <div className={classes.dayTabs}>
        {days.map((date) => (
          <button
            key={date}
            type="button"
            aria-pressed={date === shown}
            onClick={() => setSearch({ day: date })}
            className={classes.dayTab}
          >
            {name(date)}
            <span>{date.slice(8)}</span>
          </button>
        ))}
      </div>
      <Async query={query}>
        {() => (
          <>
            {frequent.length > 0 && <Frequent schedules={frequent} now={now} />}
            <div className={classes.week}>
              {days.map((date) => (
                <section
                  key={date}
                  className={classes.dayColumn}
                  data-today={date === today || undefined}
                  data-shown={date === shown || undefined}
                >
                  <h2>
                    {name(date)} <span className="muted">{date.slice(5)}</span>
                  </h2>
                  <Day entries={byDay.get(date) ?? []} zone={zone} />
                </section>
              ))}
            </div>
            <Cut page={query.data} />
          </>
        )}
      </Async>
    </>
  );
}

/** What runs too often for the calendar: how it stands, in a line each. */
function Frequent({ schedules, now }: { schedules: Schedule[]; now: number }) {
  const { t } = useTranslation();
  return (
    <div className={classes.frequent}>
      <strong>{t("schedule.frequent")}</strong>
      {schedules.map((schedule) => {
        const past = entries(schedule, now).filter((entry) => entry.past !== null);
        const bad = past.filter(isBad).length;
        const last = latest(schedule);
        return (
          <span key={schedule.id} className={classes.frequentItem}>
            {last?.run && <Status status={last.run.status} as="icon" />}
            {last && !last.run && <TriangleAlert size={13} aria-hidden="true" />}
            <A href={to.flow(schedule.project, schedule.flow)}>
              {schedule.project} / {schedule.flow}
            </A>
            <span className="muted">
              <CronWords cron={schedule.cron} period={schedule.period} />
            </span>
            {bad > 0 && <span className={classes.refused}>{t("schedule.notWell", { bad, count: past.length })}</span>}
            {schedule.paused && <strong>{t("schedule.paused")}</strong>}
          </span>
        );
      })}
    </div>
  );
}

function Day({ entries: fires, zone }: { entries: Entry[]; zone: string }) {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  if (fires.length === 0) return <Dash />;
  const sorted = [...fires].sort((a, b) => a.at - b.at);
  const hours = Map.groupBy(sorted, (entry) => {
    const { date, time } = wallClock(entry.at, zone);
    return `${date}T${time.slice(0, 2)}`;
  });
  return [...hours].map(([hour, within]) => {
    const open = search.hour === hour;
    // What went wrong is not hidden by what went well.
    const picked = [...within].sort((a, b) => Number(isBad(b)) - Number(isBad(a))).slice(0, CROWD);
    const drawn = open || within.length <= CROWD ? within : within.filter((entry) => picked.includes(entry));
    return (
      <div key={hour} className={classes.hour}>
        {drawn.map((entry) => (
          <Fire key={`${entry.schedule.id} ${entry.at}`} entry={entry} zone={zone} />
        ))}
        {within.length > CROWD && (
          <button
            type="button"
            className={ui.linkButton}
            aria-expanded={open}
            onClick={() => setSearch({ hour: open ? undefined : hour })}
          >
            {open
              ? t("schedule.fewer")
              : t("schedule.moreInHour", { count: within.length - drawn.length, hour: hour.slice(11) })}
          </button>
        )}
      </div>
    );
  });
}

function Fire({ entry, zone }: { entry: Entry; zone: string }) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const reason = useReasonWords();
  const { schedule, past, kind } = entry;
  const run = past?.run;
  const what =
    kind === "ran" && run
      ? `${word(run.status)} · #${run.id}${run.startedAt && run.endedAt ? ` · ${duration(run.endedAt - run.startedAt)}` : ""}`
      : kind === "refused" && past
        ? reason(past)
        : kind === "unknown"
          ? t("schedule.noRecord")
          : schedule.locked
            ? t("schedule.lockedFire")
            : schedule.typicalMs !== null
              ? t("schedule.forecast", { length: duration(schedule.typicalMs) })
              : t("schedule.forecastFirst");
  return (
    <A
      href={run ? to.execution(run.id) : to.flow(schedule.project, schedule.flow)}
      className={classes.fire}
      data-kind={kind}
      data-family={run ? lookOf(run.status).family : undefined}
      title={`${schedule.project} / ${schedule.flow} · ${what}`}
      aria-label={`${wallClock(entry.at, zone).time.slice(0, 5)} ${schedule.project} / ${schedule.flow}: ${what}`}
    >
      {run && <Status status={run.status} as="icon" />}
      {kind === "refused" && <TriangleAlert size={12} aria-hidden="true" />}
      {(kind === "unknown" || (kind === "forecast" && schedule.locked)) && <CircleSlash size={12} aria-hidden="true" />}
      <span>{wallClock(entry.at, zone).time.slice(0, 5)}</span>
      <span className={classes.fireName}>{schedule.flow}</span>
      {kind === "forecast" && schedule.typicalMs !== null && schedule.typicalMs >= 60_000 && (
        <span className={classes.fireLength}>~{duration(schedule.typicalMs)}</span>
      )}
    </A>
  );
}

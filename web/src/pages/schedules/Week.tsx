import { ActionIcon, Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Page, Schedule } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { wallClock } from "../../time/format";
import { useNow, useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import ui from "../../ui/ui.module.css";
import { moment } from "../history/filter";
import classes from "./Schedules.module.css";

const DAY_MS = 86_400_000;
/** More fires in one hour are counted. */
const CROWD = 6;

interface Fire {
  at: number;
  schedule: Schedule;
}

/** The week as a calendar of fires. */
export function Week({
  project,
  flow,
  filter,
}: {
  project: string | undefined;
  flow: string | undefined;
  filter: string;
}) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useParams();
  const zone = useZone();
  const now = useNow();
  const shift = Number(search.week) || 0;
  // Noon of today, so that a day more or less an hour stays the right day.
  const noon = moment(`${wallClock(now, zone).date}T12:00`, zone) ?? now;
  const weekday = new Date(`${wallClock(now, zone).date}T00:00Z`).getUTCDay();
  const monday = noon - ((weekday + 6) % 7) * DAY_MS + shift * 7 * DAY_MS;
  const days = Array.from({ length: 7 }, (_, index) => wallClock(monday + index * DAY_MS, zone).date);
  const from = moment(`${days[0]}T00:00`, zone) ?? monday;
  const until = from + 8 * DAY_MS;
  const query = useQuery({
    queryKey: ["schedules", "week", project ?? "", flow ?? "", from],
    queryFn: ({ signal }) => get<Page<Schedule>>("/schedules", { project, flow, from, to: until, limit: 200 }, signal),
    placeholderData: keepPreviousData,
  });
  const today = wallClock(now, zone).date;
  return (
    <>
      <div className={ui.toolbar}>
        <ActionIcon
          variant="default"
          size={30}
          aria-label={t("schedule.previousWeek")}
          onClick={() => setSearch({ week: String(shift - 1) })}
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
          onClick={() => setSearch({ week: String(shift + 1) })}
        >
          <ChevronRight size={16} />
        </ActionIcon>
        {shift !== 0 && (
          <Button variant="subtle" onClick={() => setSearch({ week: "" })}>
            {t("schedule.thisWeek")}
          </Button>
        )}
      </div>
      <Async query={query}>
        {({ items }) => {
          const fires: Fire[] = items
            .filter((schedule) =>
              `${schedule.project}/${schedule.flow} ${schedule.user}`.toLowerCase().includes(filter),
            )
            .flatMap((schedule) => schedule.fires.map((at) => ({ at, schedule })))
            .sort((a, b) => a.at - b.at);
          return (
            <div className={classes.week}>
              {days.map((date) => (
                <section key={date} className={classes.dayColumn} data-today={date === today || undefined}>
                  <h2>
                    {new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" }).format(
                      Date.parse(`${date}T00:00Z`),
                    )}{" "}
                    <span className="muted">{date.slice(5)}</span>
                  </h2>
                  <Day fires={fires.filter((fire) => wallClock(fire.at, zone).date === date)} zone={zone} now={now} />
                </section>
              ))}
            </div>
          );
        }}
      </Async>
    </>
  );
}

function Day({ fires, zone, now }: { fires: Fire[]; zone: string; now: number }) {
  const { t } = useTranslation();
  const hours = Map.groupBy(fires, (fire) => wallClock(fire.at, zone).time.slice(0, 2));
  return [...hours].map(([hour, within]) => (
    <div key={hour} className={classes.hour}>
      {within.slice(0, CROWD).map((fire) => (
        <A
          key={`${fire.schedule.id} ${fire.at}`}
          href={to.flow(fire.schedule.project, fire.schedule.flow)}
          className={classes.fire}
          data-past={fire.at < now || undefined}
          data-paused={fire.schedule.paused || undefined}
          title={`${fire.schedule.project} / ${fire.schedule.flow}`}
        >
          <span>{wallClock(fire.at, zone).time.slice(0, 5)}</span> {fire.schedule.flow}
        </A>
      ))}
      {within.length > CROWD && (
        <span className="muted">{t("schedule.moreInHour", { count: within.length - CROWD, hour })}</span>
      )}
    </div>
  ));
}

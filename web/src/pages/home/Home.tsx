import { Button, SegmentedControl } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { all, get } from "../../api/client";
import type { Execution, Page, Project, Schedule } from "../../api/types";
import { boot, serverNow } from "../../boot";
import { useTopics } from "../../live/live";
import { A, to, useParams } from "../../navigation";
import { useRunning } from "../../shell/Shell";
import { useStars } from "../../stars";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import { Progress } from "../../ui/Progress";
import { failing } from "./failing";
import classes from "./Home.module.css";

/** Runs that are looked at to find what fails. */
const LOOKED_AT = 200;
const AHEAD_MS = 6 * 3_600_000;

type Scope = "all" | "mine" | "starred";

/** What fails, what runs, what is next: the first page of the morning. */
export default function Home() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const scope: Scope = "mine" in search ? "mine" : "starred" in search ? "starred" : "all";
  const stars = useStars();
  const fits = (row: { project: string; user: string }) =>
    scope === "all" || (scope === "mine" ? row.user === boot.user : stars.has(row.project));
  useTopics("executions", "schedules");
  const ended = useQuery({
    queryKey: ["execs", "home"],
    queryFn: ({ signal }) => get<Page<Execution>>("/executions", { limit: LOOKED_AT }, signal),
  });
  const running = useRunning();
  const schedules = useQuery({
    queryKey: ["schedules", "home"],
    queryFn: ({ signal }) => all<Schedule>("/schedules", {}, signal),
  });
  const bad = failing(ended.data?.items ?? []).filter(({ last }) => fits(last));
  const next = (schedules.data?.items ?? [])
    .filter((schedule) => !schedule.paused && schedule.nextAt !== null && schedule.nextAt < serverNow() + AHEAD_MS)
    .filter(fits)
    .sort((a, b) => (a.nextAt ?? 0) - (b.nextAt ?? 0));
  const now = (running.data?.running ?? []).filter(fits);
  return (
    <PageFrame
      title={t("nav.home")}
      facts={
        <>
          <span>{t("home.failing", { count: bad.length })}</span>
          <span>{t("nav.runningCount", { count: now.length })}</span>
          {running.data && running.data.queue.length > 0 && (
            <span>{t("nav.queuedCount", { count: running.data.queue.length })}</span>
          )}
        </>
      }
      actions={
        <SegmentedControl
          aria-label={t("home.scope")}
          value={scope}
          onChange={(value) =>
            setSearch({ mine: undefined, starred: undefined, ...(value !== "all" && { [value]: "" }) })
          }
          data={[
            { value: "all", label: t("projects.all") },
            { value: "mine", label: t("home.mine") },
            { value: "starred", label: t("projects.starred") },
          ]}
        />
      }
    >
      <Async query={ended}>
        {({ items }) => (
          <section className={classes.section} aria-label={t("home.failingTitle")}>
            <h2>{t("home.failingTitle")}</h2>
            {items.length === 0 ? (
              <FirstSteps />
            ) : bad.length === 0 ? (
              <p className={classes.fine}>
                <CircleCheck size={18} aria-hidden="true" /> {t("home.nothingFails")}
                <span className="muted">
                  {" "}
                  {t("home.lastRun")} <Time at={items[0]?.endedAt ?? items[0]?.startedAt ?? items[0]?.submittedAt} />
                </span>
              </p>
            ) : (
              bad.map(({ last, row, lastGood }) => (
                <div key={last.id} className={classes.row}>
                  <Status status={last.status} as="icon" />
                  <A href={to.execution(last.id)} className={classes.what}>
                    <strong>
                      {last.project}/{last.flow}
                    </strong>{" "}
                    #{last.id}
                  </A>
                  <span className="muted">
                    {row > 1 && `${t("home.inARow", { count: row })} · `}
                    {lastGood ? (
                      <>
                        {t("home.lastGood")} <Time at={lastGood.endedAt} />
                      </>
                    ) : (
                      t("home.noLastGood")
                    )}
                  </span>
                  <span className={classes.when}>
                    <Time at={last.endedAt} />
                  </span>
                  <Button
                    component={A}
                    href={to.run(last.project, last.flow, { like: String(last.id) })}
                    variant="default"
                    size="compact-sm"
                  >
                    {t("execution.rerun")}
                  </Button>
                </div>
              ))
            )}
          </section>
        )}
      </Async>
      <section className={classes.section} aria-label={t("home.runningTitle")}>
        <h2>{t("home.runningTitle")}</h2>
        {now.length === 0 && <p className="muted">{t("executing.nothingRuns")}</p>}
        {now.slice(0, 20).map((row) => (
          <div key={row.id} className={classes.row}>
            <Status status={row.status} as="icon" />
            <A href={to.execution(row.id)} className={classes.what}>
              <strong>
                {row.project}/{row.flow}
              </strong>{" "}
              #{row.id}
            </A>
            <Progress counts={row.counts} />
            <span className="muted">{row.user}</span>
            <span className={classes.when}>
              <Elapsed from={row.startedAt ?? row.submittedAt} to={null} />
            </span>
          </div>
        ))}
        {now.length > 20 && <A href={to.executing()}>{t("home.allRunning", { count: now.length })}</A>}
      </section>
      {schedules.data && (
        <section className={classes.section} aria-label={t("home.nextTitle")}>
          <h2>{t("home.nextTitle")}</h2>
          {next.length === 0 && <p className="muted">{t("home.nothingNext")}</p>}
          {next.slice(0, 20).map((schedule) => (
            <div key={schedule.id} className={classes.row}>
              <A href={to.flow(schedule.project, schedule.flow)} className={classes.what}>
                <strong>
                  {schedule.project}/{schedule.flow}
                </strong>
              </A>
              <span className={classes.when}>
                <Time at={schedule.nextAt} />
              </span>
            </div>
          ))}
        </section>
      )}
    </PageFrame>
  );
}

/** On a fresh server: how it begins. */
function FirstSteps() {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["projects", "first"],
    queryFn: ({ signal }) => get<Page<Project>>("/projects", { limit: 1 }, signal),
  });
  if (data && data.items.length > 0) return <p className="muted">{t("runs.none")}</p>;
  return (
    <Empty
      title={t("home.welcome")}
      action={
        <Button component={A} href={to.projects()}>
          {t("projects.create")}
        </Button>
      }
    >
      {t("home.welcomeText")}
    </Empty>
  );
}

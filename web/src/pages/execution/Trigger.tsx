import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { ExecutionDetail, Page, Schedule } from "../../api/types";
import { A, to } from "../../navigation";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import ui from "../../ui/ui.module.css";
import { CronWords } from "../schedules/CronWords";

/** How the execution came about: by hand, or by which schedule. */
export function Trigger({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const { project, flow, source } = execution;
  const query = useQuery({
    queryKey: ["schedules", "of", project, flow],
    queryFn: ({ signal }) => get<Page<Schedule>>("/schedules", { project, flow }, signal),
  });
  const byHand = source === "adhoc";
  return (
    <>
      <p>
        {byHand
          ? t("trigger.byHand", { user: execution.user })
          : t("trigger.bySource", { user: execution.user, source })}{" "}
        <Time at={execution.submittedAt} always="absolute" />
      </p>
      <Async query={query} rows={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t("trigger.noSchedule")}</p>
          ) : (
            <table className={ui.table} aria-label={t("nav.schedules")}>
              <tbody>
                {items.map((schedule) => (
                  <tr key={schedule.id}>
                    <td>
                      <A href={to.schedules({ project, flow })}>
                        <CronWords cron={schedule.cron} period={schedule.period} />
                      </A>
                    </td>
                    <td className="muted">{schedule.timeZone}</td>
                    <td className="muted">{schedule.user}</td>
                    <td>
                      {schedule.paused ? (
                        t("schedule.paused")
                      ) : (
                        <>
                          {t("flow.next")} <Time at={schedule.nextAt} />
                        </>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Async>
    </>
  );
}

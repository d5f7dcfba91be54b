import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import { A, to } from "../../navigation";
import { useRunning } from "../../shell/Shell";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";

interface Server {
  name: string;
  version: string;
  buildId: string;
  timeZone: string;
  now: number;
}

/** The machine that runs flows; there is one, which is the server itself. */
export default function Executors() {
  const { t } = useTranslation();
  const server = useQuery({
    queryKey: ["server"],
    queryFn: ({ signal }) => get<Server>("/server", {}, signal),
    refetchInterval: 10_000,
  });
  const running = useRunning();
  return (
    <PageFrame title={t("nav.executors")}>
      <Async query={server}>
        {(data) => (
          <table className={ui.table}>
            <thead>
              <tr>
                <th scope="col">{t("executors.name")}</th>
                <th scope="col" className={ui.num}>
                  {t("executors.slots")}
                </th>
                <th scope="col" className={ui.num}>
                  {t("executing.queue")}
                </th>
                <th scope="col">{t("executors.version")}</th>
                <th scope="col">{t("executors.seen")}</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <td className={ui.main}>
                  <strong>{data.name || window.location.host}</strong>
                </td>
                <td className={ui.num}>
                  <A href={to.executing()}>
                    {running.data ? `${running.data.slots.used} / ${running.data.slots.limit}` : "–"}
                  </A>
                </td>
                <td className={ui.num}>
                  <A href={to.executing("queue")}>{running.data?.queue.length ?? "–"}</A>
                </td>
                <td>
                  {data.version} <span className="muted">{data.buildId}</span>
                </td>
                <td>
                  <Time at={data.now} />
                </td>
              </tr>
            </tbody>
          </table>
        )}
      </Async>
    </PageFrame>
  );
}

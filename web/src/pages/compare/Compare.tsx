import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Comparison } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { Status } from "../../status/Status";
import { duration } from "../../time/format";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import classes from "./Compare.module.css";

/** Two runs side by side: what was different, job by job. */
export default function Compare() {
  const { t } = useTranslation();
  const [{ a, b }] = useParams();
  const query = useQuery({
    queryKey: ["compare", a, b],
    queryFn: ({ signal }) => get<Comparison>("/compare", { a, b }, signal),
    enabled: Boolean(a && b),
  });
  if (!a || !b) {
    return (
      <PageFrame title={t("compare.title")}>
        <Empty title={t("compare.choose")} action={<A href={to.history()}>{t("nav.history")}</A>} />
      </PageFrame>
    );
  }
  return (
    <PageFrame title={t("compare.title")}>
      <Async query={query}>
        {(data) => (
          <>
            <div className={classes.sides}>
              {[data.a, data.b].map((side) => (
                <div key={side.id} className={classes.side}>
                  <A href={to.execution(side.id)}>
                    <strong>
                      {side.flow} #{side.id}
                    </strong>
                  </A>{" "}
                  <Status status={side.status} />
                  <div className="muted">
                    v{side.version} · <Time at={side.startedAt} /> · <Elapsed from={side.startedAt} to={side.endedAt} />
                  </div>
                </div>
              ))}
            </div>
            {data.version && data.version.files.length > 0 && (
              <p>
                <A href={to.versions(data.b.project, data.version.from, data.version.to)}>
                  {t("why.version", { from: data.version.from, to: data.version.to, count: data.version.files.length })}
                </A>
                : <span className="mono">{data.version.files.map((file) => file.path).join(", ")}</span>
              </p>
            )}
            {data.options.length > 0 && (
              <table className={ui.table}>
                <tbody>
                  {data.options.map((option) => (
                    <tr key={option.key}>
                      <td className="mono">{option.key}</td>
                      <td className="mono">{option.before ?? "–"}</td>
                      <td className="mono">{option.after ?? "–"}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
            <DataTable
              label={t("compare.jobs")}
              rows={data.nodes.filter((node) => node.path !== "")}
              id={(row) => row.path}
              columns={[
                { key: "job", head: t("flow.job"), phone: "main", cell: (row) => row.path },
                {
                  key: "a",
                  head: `#${data.a.id}`,
                  cell: (row) => row.before && <Status status={row.before.status} as="text" />,
                },
                {
                  key: "aTime",
                  head: t("execution.duration"),
                  num: true,
                  cell: (row) => duration(row.before?.durationMs),
                },
                {
                  key: "b",
                  head: `#${data.b.id}`,
                  cell: (row) => row.after && <Status status={row.after.status} as="text" />,
                },
                {
                  key: "bTime",
                  head: t("execution.duration"),
                  num: true,
                  cell: (row) => duration(row.after?.durationMs),
                },
              ]}
            />
          </>
        )}
      </Async>
    </PageFrame>
  );
}

import { useTranslation } from "react-i18next";
import type { JobHistory } from "../../api/types";
import { to } from "../../navigation";
import { Trend } from "../../trend/Trend";

/** How long a job took in its last runs; each bar leads to its log. */
export function JobTrend({ job, items }: { job: string; items: JobHistory["items"] }) {
  const { t } = useTranslation();
  return (
    <Trend
      label={t("summary.trend")}
      points={items
        .slice(0, 60)
        .map((run) => ({
          key: `${run.execution}.${run.attempt}`,
          name: `#${run.execution}`,
          href: to.log(run.execution, job, { attempt: run.attempt }),
          status: run.status,
          startedAt: run.startedAt,
          durationMs: run.durationMs,
        }))
        .reverse()}
    />
  );
}

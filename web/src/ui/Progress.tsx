import { useTranslation } from "react-i18next";
import { useStatusWord } from "../status/Status";
import { lookOf } from "../status/statuses";
import classes from "./Progress.module.css";

const ORDER = ["SUCCEEDED", "FAILED_SUCCEEDED", "FAILED", "KILLED", "CANCELLED", "RUNNING", "SKIPPED", "DISABLED"];

/** How many jobs are in which state, as one bar, and the figure of those that ended. */
export function Progress({ counts }: { counts: Record<string, number> }) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const ended = ["SUCCEEDED", "FAILED_SUCCEEDED", "FAILED", "KILLED", "CANCELLED", "SKIPPED", "DISABLED"].reduce(
    (sum, status) => sum + (counts[status] ?? 0),
    0,
  );
  const text = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${word(status)} ${count}`)
    .join(", ");
  return (
    <span
      className={classes.progress}
      role="img"
      aria-label={t("execution.progress", { ended, all, text })}
      title={text}
    >
      <span className={classes.bar}>
        {ORDER.map((status) =>
          counts[status] ? (
            <span
              key={status}
              data-family={lookOf(status).family}
              className={classes.part}
              data-open={status === "RUNNING" || undefined}
              style={{ width: `${(100 * (counts[status] ?? 0)) / all}%` }}
            />
          ) : null,
        )}
      </span>
      <span className={classes.figure}>
        {ended}/{all}
      </span>
    </span>
  );
}

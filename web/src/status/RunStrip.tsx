import { useTranslation } from "react-i18next";
import type { ExecutionRef } from "../api/types";
import { A, to } from "../navigation";
import { duration } from "../time/format";
import classes from "./RunStrip.module.css";
import { useStatusWord } from "./Status";
import { isBad, isFinal, lookOf } from "./statuses";

const HEIGHT = 22;

/** The last runs, oldest first: height is duration, colour and a notch are the result. */
export function RunStrip({ runs }: { runs: ExecutionRef[] }) {
  const { t } = useTranslation();
  const word = useStatusWord();
  if (runs.length === 0) return <span className="muted">{t("runs.none")}</span>;
  const lengths = runs.map((run) => (run.startedAt !== null && run.endedAt !== null ? run.endedAt - run.startedAt : 0));
  const longest = Math.max(1, ...lengths);
  const failed = runs.filter((run) => isBad(run.status)).length;
  return (
    <span className={classes.strip} role="group" aria-label={t("runs.strip", { count: runs.length, failed })}>
      {runs
        .map((run, index) => {
          const { family } = lookOf(run.status);
          const bad = isBad(run.status);
          const text = `#${run.id} ${word(run.status)}${isFinal(run.status) ? ` · ${duration(lengths[index])}` : ""}`;
          return (
            <A key={run.id} href={to.execution(run.id)} className={classes.slot} title={text} aria-label={text}>
              <span
                className={classes.bar}
                data-family={family}
                data-quiet={family === "ok" || undefined}
                data-bad={bad || undefined}
                style={{ height: 5 + ((HEIGHT - 5) * (lengths[index] ?? 0)) / longest }}
              />
            </A>
          );
        })
        .reverse()}
    </span>
  );
}

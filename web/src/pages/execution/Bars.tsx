import { useTranslation } from "react-i18next";
import type { Attempt, NodeRun } from "../../api/types";
import { useStatusWord } from "../../status/Status";
import { isFinal, lookOf } from "../../status/statuses";
import { clockMillis, duration } from "../../time/format";
import { useZone } from "../../time/Time";
import type { Axis } from "./axis";
import classes from "./Timeline.module.css";

interface Props {
  run: NodeRun;
  axis: Axis;
  now: number;
  /** When it could have started. */
  ready?: number | null | undefined;
  /** When it will end, if it has not. */
  predicted?: number | undefined;
}

/** When a node waited and ran, each attempt a bar of its own. */
export function Bars({ run, axis, now, ready, predicted }: Props) {
  const { t } = useTranslation();
  const zone = useZone();
  const word = useStatusWord();
  const attempts: (Attempt | NodeRun)[] = run.attempts.length > 0 ? run.attempts : [run];
  const place = (from: number, to: number) => ({
    left: `${100 * axis.place(from)}%`,
    width: `${100 * Math.max(0, axis.place(to) - axis.place(from))}%`,
  });
  const first = attempts[0]?.startedAt ?? null;
  const endOf = (attempt: Attempt | NodeRun) =>
    attempt.endedAt ?? (isFinal(attempt.status) ? (attempt.startedAt ?? now) : now);
  return (
    <>
      {ready != null && first !== null && first > ready && (
        <span
          className={classes.wait}
          style={place(ready, first)}
          title={t("timeline.waited", { time: duration(first - ready) })}
        />
      )}
      {attempts.map((attempt, index) => {
        if (attempt.startedAt === null) return null;
        const end = endOf(attempt);
        const look = lookOf(attempt.status);
        const before = attempts[index - 1];
        const times = `${clockMillis(attempt.startedAt, zone)} – ${attempt.endedAt === null ? "" : clockMillis(end, zone)}`;
        const number = attempts.length > 1 ? `${t("log.attemptNumber", { number: attempt.attempt })} · ` : "";
        return [
          before && (
            <span
              key={`${attempt.attempt} wait`}
              className={classes.wait}
              style={place(endOf(before), attempt.startedAt)}
              title={t("timeline.waited", { time: duration(attempt.startedAt - endOf(before)) })}
            />
          ),
          <span
            key={attempt.attempt}
            className={classes.bar}
            data-family={look.family}
            data-live={look.live || undefined}
            style={place(attempt.startedAt, end)}
            title={`${number}${word(attempt.status)} · ${times} · ${duration(end - attempt.startedAt)}`}
          />,
        ];
      })}
      {predicted !== undefined && predicted > now && (
        <span
          className={classes.ghost}
          style={place(first === null ? Math.max(now, ready ?? now) : now, predicted)}
          title={t("timeline.predicted", { time: clockMillis(predicted, zone).slice(0, 8) })}
        />
      )}
    </>
  );
}

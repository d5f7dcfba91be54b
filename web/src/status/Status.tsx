import { useTranslation } from "react-i18next";
import classes from "./Status.module.css";
import { MARK_WIDTH, SHAPES } from "./shapes";
import { lookOf, STATUSES, type StatusName } from "./statuses";

/** The word for a status in the user's language; the wire's name if there is none. */
export function useStatusWord(): (status: string) => string {
  const { t } = useTranslation();
  return (status) => (status in STATUSES ? t(`status.${status as StatusName}`) : status);
}

/** The drawing alone; whoever uses it names the status beside it. */
export function StatusIcon({ status, size = 16 }: { status: string; size?: number }) {
  const { family, shape } = lookOf(status);
  const { body, mark, filled, dash } = SHAPES[shape];
  return (
    <svg
      className={classes.icon}
      data-family={family}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      aria-hidden="true"
    >
      {body && <path d={body} className={classes.body} />}
      {mark && (
        <path
          d={mark}
          className={`${body ? classes.cut : classes.outline} ${shape === "ring" ? classes.turning : ""}`}
          fill={filled ? "currentColor" : "none"}
          stroke={filled ? "none" : "currentColor"}
          strokeWidth={MARK_WIDTH}
          strokeLinecap="round"
          strokeLinejoin="round"
          strokeDasharray={dash?.join(" ")}
        />
      )}
    </svg>
  );
}

export interface StatusProps {
  status: string;
  /** `chip`: icon and word on the tint; `icon`: the icon with an accessible name; `text`: icon and word. */
  as?: "chip" | "icon" | "text";
  size?: number;
}

/** A status: shape, colour and word together, so that none of them has to be enough. */
export function Status({ status, as = "chip", size }: StatusProps) {
  const word = useStatusWord()(status);
  if (as === "icon") {
    return (
      <span className={classes.bare} role="img" aria-label={word} title={`${word} · ${status}`}>
        <StatusIcon status={status} size={size ?? 16} />
      </span>
    );
  }
  return (
    <span className={as === "chip" ? classes.chip : classes.text} data-family={lookOf(status).family} title={status}>
      <StatusIcon status={status} size={size ?? 14} />
      {word}
    </span>
  );
}

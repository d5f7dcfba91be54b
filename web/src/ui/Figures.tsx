import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** A few figures in a row, each under its name. */
export function Figures({ children }: { children: ReactNode }) {
  return <div className={classes.figures}>{children}</div>;
}

export function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <div className="muted">{name}</div>
      <div className={classes.figure}>{children}</div>
    </div>
  );
}

import type { ReactNode } from "react";
import classes from "./ui.module.css";

/** Nothing is there: says what would be and how it comes about. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={classes.panel}>
      <div>
        <strong>{title}</strong>
        {children && <div className="muted">{children}</div>}
      </div>
      {action}
    </div>
  );
}

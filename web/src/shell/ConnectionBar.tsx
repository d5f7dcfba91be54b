import { Button } from "@mantine/core";
import { type Query, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useConnection } from "../live/live";
import { Time } from "../time/Time";
import classes from "./Shell.module.css";

/** A short break is nobody's business. */
const QUIET_MS = 3_000;
/** After this the page asks by itself. */
const POLL_AFTER_MS = 30_000;
const POLL_EVERY_MS = 10_000;
/** The same where no stream ever came. */
const STREAMLESS_MS = 3_000;

/** What never changes is not read again. */
const FIXED = new Set(["layout", "flow", "cron-words", "log-error", "changes"]);

/** Says when what is shown may be old, and when the server is another one. */
export function ConnectionBar() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { connected, ever, since, newBuild } = useConnection();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (connected) {
      setLost(false);
      return;
    }
    const show = ever ? setTimeout(() => setLost(true), QUIET_MS) : undefined;
    let poll: ReturnType<typeof setInterval> | undefined;
    const start = setTimeout(
      () => {
        const changing = ({ queryKey }: Query) => !FIXED.has(String(queryKey[0]));
        const read = () => void queries.refetchQueries({ type: "active", predicate: changing });
        poll = setInterval(() => !document.hidden && read(), ever ? POLL_EVERY_MS : STREAMLESS_MS);
      },
      ever ? POLL_AFTER_MS : STREAMLESS_MS,
    );
    return () => {
      clearTimeout(show);
      clearTimeout(start);
      clearInterval(poll);
    };
  }, [connected, ever, queries]);
  if (lost) {
    return (
      <div className={classes.bar} role="status">
        <span>
          {t("connection.lost")} <Time at={since} />
        </span>
      </div>
    );
  }
  if (newBuild) {
    return (
      <div className={classes.bar} role="status">
        {t("connection.newBuild")}
        <Button variant="default" size="compact-xs" onClick={() => window.location.reload()}>
          {t("action.reload")}
        </Button>
      </div>
    );
  }
  return null;
}

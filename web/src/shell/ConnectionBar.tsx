import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
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

/** Says when what is shown may be old, and when the server is another one. */
export function ConnectionBar() {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const { connected, since, newBuild } = useConnection();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (connected) {
      setLost(false);
      return;
    }
    const show = setTimeout(() => setLost(true), QUIET_MS);
    let poll: ReturnType<typeof setInterval> | undefined;
    const start = setTimeout(() => {
      poll = setInterval(() => void queries.refetchQueries({ type: "active" }), POLL_EVERY_MS);
    }, POLL_AFTER_MS);
    return () => {
      clearTimeout(show);
      clearTimeout(start);
      clearInterval(poll);
    };
  }, [connected, queries]);
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

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Time } from "../time/Time";
import { ErrorPanel } from "./ErrorPanel";
import { Loading } from "./Loading";
import classes from "./ui.module.css";

interface Props<T> {
  query: Pick<UseQueryResult<T>, "data" | "error" | "refetch" | "dataUpdatedAt">;
  rows?: number;
  children: (data: T) => ReactNode;
}

/** What a query brought; old data stay under a note if they cannot be read again. */
export function Async<T>({ query, rows, children }: Props<T>) {
  const { t } = useTranslation();
  const { data, error, refetch, dataUpdatedAt } = query;
  if (data === undefined)
    return error ? <ErrorPanel error={error} retry={() => void refetch()} /> : <Loading rows={rows ?? 6} />;
  return (
    <>
      {error && (
        <p className={classes.stale} role="status">
          {t("state.asOf")} <Time at={dataUpdatedAt} always="absolute" />{" "}
          <button type="button" className={classes.linkButton} onClick={() => void refetch()}>
            {t("action.retry")}
          </button>
        </p>
      )}
      {children(data)}
    </>
  );
}

import { Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./ui.module.css";

/** Rows in the shape of what will come, if it takes longer than anybody notices. */
export function Loading({ rows = 6 }: { rows?: number }) {
  const { t } = useTranslation();
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className={classes.loading} role="status" aria-busy="true" aria-label={t("state.loading")}>
      {late &&
        Array.from({ length: rows }, (_, row) => row).map((row) => <Skeleton key={row} height={20} radius="sm" />)}
    </div>
  );
}

import { Button } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { to, useGo } from "../../navigation";
import { useZone } from "../../time/Time";
import { Empty } from "../../ui/Empty";
import { countsOf } from "./counts";
import { type Filter, query as toQuery } from "./filter";

/** The conditions that can be dropped alone; a range of time is one. */
const CONDITIONS: { name: "flow" | "project" | "user" | "status" | "source" | "time"; keys: (keyof Filter)[] }[] = [
  { name: "flow", keys: ["flow"] },
  { name: "project", keys: ["project"] },
  { name: "user", keys: ["user"] },
  { name: "status", keys: ["status"] },
  { name: "source", keys: ["source"] },
  { name: "time", keys: ["after", "before"] },
];

/** Nothing fits: says which condition excludes most, and offers to drop it. */
export function NoHit({ filter, onChange }: { filter: Filter; onChange: (part: Partial<Filter>) => void }) {
  const { t, i18n } = useTranslation();
  const go = useGo();
  const zone = useZone();
  const active = CONDITIONS.filter(({ keys }) => keys.some((key) => filter[key]));
  const without = (keys: (keyof Filter)[]) => Object.fromEntries(keys.map((key) => [key, ""])) as Partial<Filter>;
  const counts = useQueries({
    queries: active.map(({ keys }) => countsOf(toQuery({ ...filter, ...without(keys) }, zone))),
  });
  let worst: { at: number; count: number; exact: boolean } | undefined;
  for (const [at, { data }] of counts.entries()) {
    const total = data?.total;
    if (total && total.count > (worst?.count ?? 0)) worst = { at, ...total };
  }
  const condition = worst && active[worst.at];
  const shown = worst && `${new Intl.NumberFormat(i18n.language).format(worst.count)}${worst.exact ? "" : "+"}`;
  return (
    <Empty
      title={t("history.noHit")}
      action={
        <>
          {condition && (
            <Button onClick={() => onChange(without(condition.keys))}>
              {t("history.drop", { condition: t(`history.conditions.${condition.name}`) })}
            </Button>
          )}
          <Button variant="default" onClick={() => go(to.history())}>
            {t("history.clear")}
          </Button>
        </>
      }
    >
      {condition &&
        worst &&
        t("history.excludes", {
          condition: t(`history.conditions.${condition.name}`),
          count: worst.count,
          shown,
        })}
    </Empty>
  );
}

import { ActionIcon } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Pencil, Trash2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { SlaRule } from "../../api/types";
import { A, to } from "../../navigation";
import { duration } from "../../time/format";
import { Time } from "../../time/Time";
import { type Column, DataTable } from "../../ui/DataTable";
import { offerUndo } from "../../ui/undo";
import { deadline, margin } from "./deadline";
import classes from "./Sla.module.css";

/** A rule as it is sent. */
function ruleBody(rule: SlaRule) {
  const { job, goal, withinMs, alert, kill, emails } = rule;
  return { job, goal, withinMs, alert, kill, emails };
}

/** Rules with what runs say of them. */
export function SlaTable({
  rules,
  flowShown,
  onEdit,
}: {
  rules: SlaRule[];
  /** Whether the flow has a column of its own. */
  flowShown: boolean;
  onEdit: (rule: SlaRule) => void;
}) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const refresh = () => {
    void queries.invalidateQueries({ queryKey: ["schedules"] });
    return queries.invalidateQueries({ queryKey: ["sla"] });
  };
  const remove = useMutation({
    mutationFn: (rule: SlaRule) =>
      write("DELETE", path("/projects/{}/flows/{}/sla/{}", rule.project, rule.flow, rule.rule)),
    onSuccess: async (_, rule) => {
      await refresh();
      offerUndo(t("sla.removed", { flow: rule.flow }), async () => {
        await write("POST", path("/projects/{}/flows/{}/sla", rule.project, rule.flow), ruleBody(rule));
        await refresh();
      });
    },
  });
  const columns: Column<SlaRule>[] = [
    {
      key: "what",
      head: flowShown ? t("flow.flow") : t("sla.about"),
      phone: "main",
      cell: (rule) => (
        <span>
          {flowShown && (
            <>
              <A href={to.project(rule.project)}>{rule.project}</A> /{" "}
              <A href={to.flow(rule.project, rule.flow, "sla")}>{rule.flow}</A>
            </>
          )}
          {rule.job ? (
            <>
              {flowShown && " / "}
              <A href={to.job(rule.project, rule.flow, rule.job)}>{rule.job}</A>
            </>
          ) : (
            !flowShown && t("sla.wholeFlow")
          )}
        </span>
      ),
    },
    {
      key: "rule",
      head: t("sla.rule"),
      cell: (rule) => (
        <span>
          {t(`sla.goalIn.${rule.goal}`)} <strong>{deadline(rule.withinMs)}</strong>
          {rule.paused && <span className="muted"> · {t("schedule.paused")}</span>}
        </span>
      ),
    },
    { key: "action", head: t("sla.then"), cell: (rule) => <Actions rule={rule} /> },
    { key: "margin", head: t("sla.typical"), cell: (rule) => <Typical rule={rule} /> },
    {
      key: "miss",
      head: t("sla.lastMiss"),
      cell: (rule) =>
        rule.lastMiss ? (
          <A href={to.execution(rule.lastMiss.execution)}>
            #{rule.lastMiss.execution} · <Time at={rule.lastMiss.at} />
          </A>
        ) : (
          <span className="muted">{t("sla.never")}</span>
        ),
    },
    {
      key: "actions",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: (rule) =>
        rule.mayChange && (
          <span className={classes.actions}>
            <ActionIcon
              variant="subtle"
              size={26}
              aria-label={t("sla.edit", { flow: rule.job ?? rule.flow })}
              onClick={() => onEdit(rule)}
            >
              <Pencil size={14} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              size={26}
              aria-label={t("sla.remove", { flow: rule.job ?? rule.flow })}
              loading={remove.isPending && remove.variables === rule}
              onClick={() => remove.mutate(rule)}
            >
              <Trash2 size={14} />
            </ActionIcon>
          </span>
        ),
    },
  ];
  return (
    <DataTable
      label={t("nav.sla")}
      columns={columns}
      rows={rules}
      id={(rule) => `${rule.schedule} ${rule.rule}`}
      href={(rule) => to.flow(rule.project, rule.flow, "sla")}
    />
  );
}

function Actions({ rule }: { rule: SlaRule }) {
  const { t } = useTranslation();
  const others = Object.keys(rule.alerters);
  const told = [...rule.emails, ...others].join(", ");
  return (
    <span>
      {rule.alert && <span title={told}>{t("sla.mails", { count: rule.emails.length + others.length })}</span>}
      {rule.alert && rule.kill && " · "}
      {rule.kill && t(rule.job ? "sla.killsJob" : "sla.killsFlow")}
    </span>
  );
}

/** The usual length as a share of the deadline. */
function Typical({ rule }: { rule: SlaRule }) {
  const { t } = useTranslation();
  const found = margin(rule.typicalMs, rule.withinMs);
  if (!found) return <span className="muted">{t("sla.noRuns")}</span>;
  const left =
    found.leftMs < 0
      ? t("sla.over", { by: duration(-found.leftMs) })
      : t("sla.margin", { left: duration(found.leftMs) });
  return (
    <span className={classes.margin}>
      <span>{duration(rule.typicalMs)}</span>
      <span className={classes.bar} aria-hidden="true">
        <span className={classes.fill} data-family={found.family} style={{ width: `${100 * found.share}%` }} />
      </span>
      <span className={found.leftMs < 0 ? classes.over : "muted"}>{left}</span>
    </span>
  );
}

import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Comparison, Execution, ExecutionDetail, Page } from "../../api/types";
import { A, to } from "../../navigation";
import { Time } from "../../time/Time";
import { Dash } from "../../ui/Dash";
import ui from "../../ui/ui.module.css";
import classes from "./Execution.module.css";

/** What the execution was started with, and what was different from the run before. */
export function Options({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const { options } = execution;
  const { concurrency, notify } = options;
  const list = (values: string[]) =>
    values.length === 0 ? <Dash /> : values.map((value) => <div key={value}>{value}</div>);
  const table = (values: Record<string, string>, of = "") =>
    Object.entries(values).map(([key, value]) => (
      <tr key={`${of} ${key}`}>
        <td className="muted">{of}</td>
        <td className="mono">{key}</td>
        <td className={`mono ${classes.value}`}>{value}</td>
      </tr>
    ));
  const kind =
    concurrency.kind === "pipeline"
      ? t(`execute.concurrent.pipeline${concurrency.level === 2 ? 2 : 1}`)
      : concurrency.kind === "skip"
        ? t("execute.concurrent.skip")
        : t("execute.concurrent.ignore");
  const facts: [string, ReactNode][] = [
    [t("execution.submitted"), <Time key="at" at={execution.submittedAt} always="absolute" />],
    [t("execution.user"), execution.user],
    [t("options.source"), execution.source === "adhoc" ? t("options.byHand") : execution.source],
    [t("options.version"), `v${execution.version}`],
    [
      t("options.failureAction"),
      options.failureAction ? t(`execute.onFailure.${options.failureAction}`) : t("execute.onFailure.finishCurrent"),
    ],
    [
      t("options.concurrency"),
      <span key="concurrency">
        {kind}
        {concurrency.on !== null && (
          <>
            {" "}
            <A href={to.execution(concurrency.on)}>#{concurrency.on}</A>
          </>
        )}
      </span>,
    ],
    [
      t("options.mailFailure"),
      list(
        notify.failureEmails.length && notify.firstFailure
          ? [t("execute.notifyFirst"), ...notify.failureEmails]
          : notify.failureEmails,
      ),
    ],
    [t("options.mailSuccess"), list(notify.successEmails)],
    [t("options.disabled"), list(options.disabled)],
  ];
  const properties = [
    ...table(options.properties, t("execute.everyJob")),
    ...Object.entries(options.jobProperties).flatMap(([job, values]) => table(values, job)),
  ];
  return (
    <div className={classes.options}>
      <section>
        <h2>{t("options.used")}</h2>
        <table className={ui.table}>
          <tbody>
            {facts.map(([name, value]) => (
              <tr key={name}>
                <td className="muted">{name}</td>
                <td className={classes.value}>{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <section>
        <h2>{t("execute.properties")}</h2>
        {properties.length === 0 ? (
          <p className="muted">{t("options.noProperties")}</p>
        ) : (
          <table className={ui.table}>
            <tbody>{properties}</tbody>
          </table>
        )}
        <Previous execution={execution} />
      </section>
    </div>
  );
}

/** The options that are not as in the run of the flow before this one. */
function Previous({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const { id, project, flow } = execution;
  const query = useQuery({
    queryKey: ["options-diff", id],
    queryFn: async ({ signal }) => {
      const filter = { project, flow, startedBefore: execution.startedAt ?? execution.submittedAt, limit: 5 };
      const { items } = await get<Page<Execution>>("/executions", filter, signal);
      const before = items.find((each) => each.id < id);
      return before ? await get<Comparison>("/compare", { a: before.id, b: id }, signal) : null;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.data === undefined) return null;
  if (query.data === null) return <p className="muted">{t("options.first")}</p>;
  const { a, options, version } = query.data;
  const changed = version !== null && version.from !== version.to;
  return (
    <>
      <h2 className={classes.next}>
        {t("options.since")} <A href={to.compare(a.id, id)}>#{a.id}</A>
      </h2>
      {options.length === 0 && !changed && <p className="muted">{t("options.same")}</p>}
      <table className={ui.table}>
        <tbody>
          {changed && (
            <tr>
              <td className="muted">{t("options.version")}</td>
              <td>
                v{version.from} → v{version.to}
              </td>
            </tr>
          )}
          {options.map((option) => (
            <tr key={option.key}>
              <td className="mono">{option.key}</td>
              <td className={`mono ${classes.value}`}>
                <del className="muted">{option.before ?? "–"}</del> → {option.after ?? "–"}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

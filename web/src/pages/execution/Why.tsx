import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Changes, ExecutionDetail, Reason } from "../../api/types";
import { A, to } from "../../navigation";
import { isBad, isFinal } from "../../status/statuses";
import { absolute } from "../../time/format";
import { useZone } from "../../time/Time";
import classes from "./Execution.module.css";

const KNOWN = [
  "queued",
  "paused",
  "killed",
  "jobFailed",
  "jobKilled",
  "jobCancelled",
  "conditionFalse",
  "parentsUnmet",
  "disabled",
  "backOff",
  "pipeline",
  "slots",
  "dependency",
  "running",
  "serverLost",
] as const;

/** What needs no explanation. */
const QUIET = new Set(["running", "disabled", "starting", "succeeded", "killing"]);

/** What follows from another failure: counted, not listed. */
const BEHIND = new Set(["parentsUnmet", "jobCancelled"]);

/** More reasons of one kind than this are counted. */
const SHOWN = 4;

/** Why an execution waits or ended badly, from what the engine knows. */
export function Why({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const asked = execution.status !== "SUCCEEDED";
  const query = useQuery({
    queryKey: ["explain", execution.id],
    queryFn: ({ signal }) => get<{ reasons: Reason[] }>(path("/executions/{}/explain", execution.id), {}, signal),
    enabled: asked,
  });
  const reasons = (query.data?.reasons ?? []).filter((reason) => !QUIET.has(reason.code));
  const causes = reasons.filter((reason) => !BEHIND.has(reason.code));
  const shown = causes.length > 0 ? causes : reasons;
  const behind = reasons.length - shown.length;
  if (!asked || reasons.length === 0) return null;
  return (
    <section className={classes.why} data-bad={isBad(execution.status) || undefined} aria-label={t("why.title")}>
      <ul>
        {shown.slice(0, SHOWN).map((reason) => (
          <li key={`${reason.code} ${reason.path}`}>
            <ReasonWords execution={execution.id} reason={reason} />
          </li>
        ))}
      </ul>
      {shown.length > SHOWN && <div className="muted">{t("why.more", { count: shown.length - SHOWN })}</div>}
      {behind > 0 && <div className="muted">{t("why.behind", { count: behind })}</div>}
      {isFinal(execution.status) && <Since id={execution.id} />}
    </section>
  );
}

function ReasonWords({ execution, reason }: { execution: number; reason: Reason }) {
  const { t } = useTranslation();
  const zone = useZone();
  const code = KNOWN.find((each) => each === reason.code);
  const list = (value: unknown) => (Array.isArray(value) ? value.join(", ") : String(value ?? ""));
  const { params } = reason;
  const words = code
    ? t(`why.${code}`, {
        path: reason.path ?? "",
        position: list(params.position),
        used: list(params.used),
        limit: list(params.limit),
        attempt: Number(params.attempt ?? 0) + 1,
        attempts: list(params.attempts),
        reason: list(params.reason) || t("why.unknownReason"),
        because: list(params.because),
        until: typeof params.until === "number" ? absolute(params.until, zone) : list(params.until),
        on: list(params.on),
        waitsFor: list(params.waitsFor),
      })
    : reason.message;
  return (
    <>
      {words}
      {reason.path && (reason.code === "jobFailed" || reason.code === "jobKilled") && (
        <>
          {" "}
          <A href={to.log(execution, reason.path)}>{t("why.log")}</A>
        </>
      )}
    </>
  );
}

/** What is different since it last went well. */
function Since({ id }: { id: number }) {
  const { t } = useTranslation();
  const { data } = useQuery({
    queryKey: ["changes", id],
    queryFn: ({ signal }) => get<Changes>(path("/executions/{}/changes", id), {}, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!data) return null;
  if (data.since === null) return <div className="muted">{t("why.neverWell")}</div>;
  const parts = [
    data.version && data.version.from !== data.version.to
      ? t("why.version", { from: data.version.from, to: data.version.to, count: data.version.files.length })
      : "",
    data.options.length > 0 ? t("why.options", { keys: data.options.map((option) => option.key).join(", ") }) : "",
  ].filter(Boolean);
  return (
    <div>
      {t("why.since")} <A href={to.compare(data.since, id)}>#{data.since}</A>
      {": "}
      {parts.length > 0 ? parts.join("; ") : t("why.nothingChanged")}
    </div>
  );
}

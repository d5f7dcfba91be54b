import { Button, SegmentedControl } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useExecution } from "../../api/queries";
import type { ExecutionDetail } from "../../api/types";
import { A, to, useParams } from "../../navigation";
import { useKeys } from "../../shell/keys";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { PageFrame } from "../../ui/PageFrame";
import { LogView } from "./LogView";

/** The log of one job's attempt; without a number the latest. */
export default function JobLog({ id, job }: { id: number; job: string }) {
  const { t } = useTranslation();
  const query = useExecution(id);
  const execution = query.data;
  const [params, setParams] = useParams();
  const node = execution?.nodes.find((each) => each.path === job);
  const latest = node?.attempt ?? 0;
  const attempt = params.attempt !== undefined && /^\d+$/.test(params.attempt) ? Number(params.attempt) : undefined;
  const shown = attempt ?? latest;
  const run = node?.attempts.find((each) => each.attempt === shown) ?? node;
  const choose = (wanted: number) => {
    if (wanted >= 0 && wanted <= latest) setParams({ attempt: String(wanted), line: undefined });
  };
  useKeys("attempts", {
    ",": ["keys.previousAttempt", () => choose(shown - 1)],
    ".": ["keys.nextAttempt", () => choose(shown + 1)],
  });
  return (
    <PageFrame
      title={job.split(":").at(-1) ?? job}
      status={run?.status}
      beside={run && <Status status={run.status} />}
      crumbs={[
        ...(execution
          ? [
              { text: execution.project, href: to.project(execution.project) },
              { text: execution.flow, href: to.flow(execution.project, execution.flow) },
            ]
          : []),
        { text: `#${id}`, href: to.execution(id, "jobslist") },
      ]}
      facts={
        run && (
          <>
            <span>
              <Elapsed from={run.startedAt} to={run.endedAt} />
            </span>
            <span>
              <Time at={run.startedAt} />
            </span>
          </>
        )
      }
      actions={execution && <Actions execution={execution} job={job} />}
    >
      <Async query={query}>
        {() => (
          <>
            {latest > 0 && (
              <SegmentedControl
                mb="sm"
                aria-label={t("log.attempt")}
                value={String(shown)}
                onChange={(value) => choose(Number(value))}
                data={Array.from({ length: Math.min(latest + 1, 20) }, (_, index) => {
                  const number = latest - Math.min(latest, 19) + index;
                  return { value: String(number), label: t("log.attemptNumber", { number }) };
                })}
              />
            )}
            <LogView
              key={shown}
              id={id}
              job={job}
              attempt={shown}
              status={run?.status ?? "READY"}
              started={run?.startedAt != null}
            />
          </>
        )}
      </Async>
    </PageFrame>
  );
}

function Actions({ execution, job }: { execution: ExecutionDetail; job: string }) {
  const { t } = useTranslation();
  return (
    <>
      <Button variant="default" component={A} href={to.job(execution.project, execution.flow, job)}>
        {t("graph.openJob")}
      </Button>
      <Button variant="default" component={A} href={to.jobHistory(execution.project, job, execution.flow)}>
        {t("job.history")}
      </Button>
    </>
  );
}

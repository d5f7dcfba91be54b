import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ExecutionDetail, Flow } from "../../api/types";
import { A, to } from "../../navigation";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";

/** A selected node of an execution: its state, its attempts, and the ways from it. */
export function NodePanel({ execution, flow, path }: { execution: ExecutionDetail; flow: Flow; path: string }) {
  const { t } = useTranslation();
  const node = flow.nodes.find((each) => each.path === path);
  const run = execution.nodes.find((each) => each.path === path);
  if (!node) return null;
  return (
    <>
      <h2>{node.id}</h2>
      <Status status={run?.status ?? "READY"} />
      <dl>
        <dt className="muted">{t("job.type")}</dt>
        <dd>{node.type}</dd>
        {node.condition && (
          <>
            <dt className="muted">{t("job.condition")}</dt>
            <dd className="mono">{node.condition}</dd>
          </>
        )}
        <dt className="muted">{t("execution.started")}</dt>
        <dd>
          <Time at={run?.startedAt} always="absolute" />
        </dd>
        <dt className="muted">{t("execution.duration")}</dt>
        <dd>
          <Elapsed from={run?.startedAt} to={run?.endedAt} />
        </dd>
      </dl>
      {run && run.attempts.length > 1 && (
        <ol start={0}>
          {run.attempts.map((attempt) => (
            <li key={attempt.attempt}>
              <A href={to.log(execution.id, path, { attempt: attempt.attempt })}>
                <Status status={attempt.status} as="text" />
              </A>{" "}
              <Elapsed from={attempt.startedAt} to={attempt.endedAt} />
            </li>
          ))}
        </ol>
      )}
      <Group gap="xs" mt="sm">
        {node.kind === "job" && run?.startedAt != null && (
          <Button component={A} href={to.log(execution.id, path)} variant="default">
            {t("graph.openLog")}
          </Button>
        )}
        <Button component={A} href={to.job(execution.project, execution.flow, path)} variant="default">
          {t("graph.openJob")}
        </Button>
        <Button component={A} href={to.jobHistory(execution.project, path, execution.flow)} variant="default">
          {t("job.history")}
        </Button>
      </Group>
    </>
  );
}

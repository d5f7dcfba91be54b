import { ActionIcon, Button, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Ellipsis, Pause, Play, RotateCcw, Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { Execution, ExecutionDetail } from "../../api/types";
import { A, to } from "../../navigation";
import { useKeys } from "../../shell/keys";
import { isFinal } from "../../status/statuses";

type Act = "kill" | "pause" | "resume" | "retry";

/** Acts on an execution; its new state is in the answer. */
export function useControl(id: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (act: Act) => write<Execution>("POST", path(`/executions/{}/${act}`, id)),
    onSuccess: (execution) => {
      queries.setQueryData<ExecutionDetail>(["exec", id], (old) => old && { ...old, status: execution.status });
      void queries.invalidateQueries({ queryKey: ["exec", id] });
      void queries.invalidateQueries({ queryKey: ["running"] });
      void queries.invalidateQueries({ queryKey: ["execs"] });
    },
  });
}

/** What may be done now, by status (web-ui EXF-3); one of it first. */
export function Controls({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  const control = useControl(execution.id);
  const { permissions } = execution;
  const may = permissions.includes("EXECUTE") || permissions.includes("ADMIN");
  const { status } = execution;
  const done = isFinal(status);
  const canKill = may && !done;
  const canRetry =
    may && (status === "FAILED_FINISHING" || (status === "RUNNING" && (execution.counts.FAILED ?? 0) > 0));
  useKeys("execution", {
    ...(canKill && { "Shift+K": ["keys.kill", () => control.mutate("kill")] as const }),
    ...(canRetry && { "Shift+R": ["keys.retry", () => control.mutate("retry")] as const }),
  } as Parameters<typeof useKeys>[1]);
  if (!may) return null;
  const again = to.run(execution.project, execution.flow, { like: String(execution.id) });
  return (
    <>
      {canRetry && (
        <Button
          leftSection={<RotateCcw size={14} />}
          loading={control.isPending && control.variables === "retry"}
          onClick={() => control.mutate("retry")}
        >
          {t("execution.retryFailed")}
        </Button>
      )}
      {done && (
        <Button component={A} href={again} leftSection={<Play size={14} />}>
          {t("execution.rerun")}
        </Button>
      )}
      {canKill && (
        <Button
          variant={canRetry ? "default" : "filled"}
          leftSection={<Square size={12} fill="currentColor" />}
          loading={control.isPending && control.variables === "kill"}
          onClick={() => control.mutate("kill")}
        >
          {status === "KILLING" ? t("execution.killAgain") : t("execution.kill")}
        </Button>
      )}
      {(status === "RUNNING" || status === "FAILED_FINISHING") && (
        <Button
          variant="default"
          leftSection={<Pause size={14} />}
          loading={control.isPending && control.variables === "pause"}
          onClick={() => control.mutate("pause")}
        >
          {t("execution.pause")}
        </Button>
      )}
      {status === "PAUSED" && (
        <Button
          variant="default"
          leftSection={<Play size={14} />}
          loading={control.isPending && control.variables === "resume"}
          onClick={() => control.mutate("resume")}
        >
          {t("execution.resume")}
        </Button>
      )}
      <Menu>
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={t("action.more")}>
            <Ellipsis size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {!done && (
            <Menu.Item component={A} href={again}>
              {t("execution.rerun")}
            </Menu.Item>
          )}
          <Menu.Item component={A} href={to.history({ project: execution.project, flow: execution.flow })}>
            {t("execution.allRuns")}
          </Menu.Item>
          <Menu.Item component={A} href={to.flow(execution.project, execution.flow)}>
            {t("execution.openFlow")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

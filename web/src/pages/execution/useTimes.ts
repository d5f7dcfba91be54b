import { useMemo } from "react";
import type { ExecutionDetail, Flow } from "../../api/types";
import { criticalPath, type Span, slack, spans } from "../../flow/times";
import { useUsual } from "../../flow/usual";
import { isFinal, isLeftOut } from "../../status/statuses";
import { useNow } from "../../time/Time";

export interface Times {
  spans: ReadonlyMap<string, Span>;
  critical: ReadonlySet<string>;
  slack: ReadonlyMap<string, number>;
  /** How long a job usually takes; `null` while that is not known. */
  usual: ((path: string) => number | undefined) | null;
}

/** When the nodes ran and will run, and what decided it. An execution that runs is seen anew each second. */
export function useTimes(execution: ExecutionDetail, flow: Flow, enabled: boolean): Times | null {
  const done = isFinal(execution.status);
  const usual = useUsual(execution.project, execution.flow, enabled);
  const clock = useNow(enabled && !done);
  const now = done ? (execution.endedAt ?? 0) : clock;
  return useMemo(() => {
    if (!enabled) return null;
    const runs = new Map(execution.nodes.map((node) => [node.path, node]));
    // In a run that has ended nothing comes any more.
    const known = done ? () => 0 : (path: string) => usual?.(path);
    const from = execution.startedAt ?? Math.max(now, execution.submittedAt);
    const found = spans(flow, { usual: known, runs, from, now });
    const ran = (path: string) => {
      const run = runs.get(path);
      return !done || (run?.startedAt != null && !isLeftOut(run.status));
    };
    return { spans: found, critical: criticalPath(flow, found, ran), slack: slack(flow, found), usual };
  }, [execution, flow, enabled, done, now, usual]);
}

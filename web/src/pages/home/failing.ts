import type { Execution } from "../../api/types";
import { isBad, isFinal } from "../../status/statuses";

export interface Failing {
  last: Execution;
  /** How many runs in a row ended badly, the last included. */
  row: number;
  /** The newest success among those looked at. */
  lastGood: Execution | undefined;
}

/** The flows whose last finished run ended badly, newest first; `executions` are newest first. */
export function failing(executions: Execution[]): Failing[] {
  const flows = new Map<string, Execution[]>();
  for (const execution of executions) {
    if (!isFinal(execution.status)) continue;
    const key = JSON.stringify([execution.projectId, execution.flow]);
    flows.set(key, [...(flows.get(key) ?? []), execution]);
  }
  const found: Failing[] = [];
  for (const runs of flows.values()) {
    const last = runs[0];
    if (!last || !isBad(last.status)) continue;
    const good = runs.findIndex((run) => !isBad(run.status));
    found.push({ last, row: good < 0 ? runs.length : good, lastGood: runs[good] });
  }
  return found.sort((a, b) => b.last.id - a.last.id);
}

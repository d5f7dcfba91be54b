import type { ExecutionDetail, Flow, FlowNode, NodeRun } from "../../api/types";
import { isBad } from "../../status/statuses";

/** A node of an execution; one that has not started has no run yet. */
export interface Row {
  node: FlowNode;
  run: NodeRun | undefined;
}

/** When a node could have started: when the last of those before it had ended, or when what it is in began. */
export function readyAt({ node }: Row, runs: ReadonlyMap<string, NodeRun>, started: number | null): number | null {
  const ends = node.in.map((path) => runs.get(path)?.endedAt ?? null);
  if (ends.some((end) => end === null)) return null;
  if (ends.length > 0) return Math.max(...(ends as number[]));
  return node.parent ? (runs.get(node.parent)?.startedAt ?? null) : started;
}

/** How long a started node waited after it could have started; milliseconds. */
export function waited(row: Row, runs: ReadonlyMap<string, NodeRun>, started: number | null): number | null {
  const first = row.run?.attempts[0]?.startedAt ?? row.run?.startedAt ?? null;
  const ready = readyAt(row, runs, started);
  return first === null || ready === null ? null : Math.max(0, first - ready);
}

/** Paths of jobs that ended badly, as they stand in the flow; a flow is bad only because of them. */
export function failedJobs(execution: ExecutionDetail, flow: Flow): string[] {
  const bad = new Set(execution.nodes.filter((run) => isBad(run.status)).map((run) => run.path));
  return flow.nodes.filter((node) => node.kind === "job" && bad.has(node.path)).map((node) => node.path);
}

/** Which embedded flows need attention: something in them runs, failed or was killed (web-ui EXF-12). */
export function openFlows(execution: ExecutionDetail): Set<string> {
  const open = new Set<string>();
  for (const { path, status } of execution.nodes) {
    if (status !== "RUNNING" && status !== "FAILED" && status !== "KILLED") continue;
    const parts = path.split(":");
    for (let length = 1; length < parts.length; length += 1) open.add(parts.slice(0, length).join(":"));
  }
  return open;
}

/** Rows as a tree: by start within each flow, what has not started last; what is in a closed flow is left out. */
export function treeRows(flow: Flow, runs: ReadonlyMap<string, NodeRun>, open: ReadonlySet<string>): Row[] {
  const children = new Map<string, Row[]>();
  for (const node of flow.nodes) {
    if (node.path === "") continue;
    const within = children.get(node.parent ?? "") ?? [];
    within.push({ node, run: runs.get(node.path) });
    children.set(node.parent ?? "", within);
  }
  const rows: Row[] = [];
  const start = ({ run }: Row) => run?.attempts[0]?.startedAt ?? run?.startedAt ?? Number.POSITIVE_INFINITY;
  const visit = (parent: string) => {
    const within = children.get(parent) ?? [];
    // Infinity minus itself is no number; the order of the flow stays.
    for (const row of within.sort((a, b) => (start(a) === start(b) ? 0 : start(a) - start(b)))) {
      rows.push(row);
      if (row.node.kind === "flow" && open.has(row.node.path)) visit(row.node.path);
    }
  };
  visit("");
  return rows;
}

import type { Flow, FlowNode, NodeRun } from "../api/types";
import { isFinal } from "../status/statuses";

/** When a node ran, or will run as far as anybody can tell; milliseconds. */
export interface Span {
  start: number;
  end: number;
}

interface Known {
  /** How long a job usually takes; without it a second. */
  usual: (path: string) => number | undefined;
  /** What is known of the run. */
  runs: ReadonlyMap<string, NodeRun>;
  /** When the run began. */
  from: number;
  now: number;
}

const UNKNOWN_MS = 1_000;

/** The nodes by what they stand in, in an order in which a node comes after those that it waits for. */
function byParent(flow: Flow): Map<string, FlowNode[]> {
  const children = new Map<string, FlowNode[]>();
  for (const node of flow.nodes) {
    if (node.path === "") continue;
    const within = children.get(node.parent ?? "") ?? [];
    within.push(node);
    children.set(node.parent ?? "", within);
  }
  for (const within of children.values()) within.sort((a, b) => a.level - b.level);
  return children;
}

/** When each node runs: what has happened as it was, what comes by the usual durations. The flow itself is under `""`. */
export function spans(flow: Flow, known: Known): Map<string, Span> {
  const children = byParent(flow);
  const found = new Map<string, Span>();
  const visit = (parent: string, from: number): number => {
    let last = from;
    for (const node of children.get(parent) ?? []) {
      const ready = Math.max(from, ...node.in.map((path) => found.get(path)?.end ?? 0));
      const run = known.runs.get(node.path);
      const idle = run !== undefined && run.startedAt === null && isFinal(run.status);
      const start = run?.startedAt ?? (idle ? ready : Math.max(ready, run ? known.now : ready));
      let end = start;
      if (node.kind === "flow") end = visit(node.path, start);
      else if (!idle) end = start + (known.usual(node.path) ?? UNKNOWN_MS);
      if (run?.endedAt != null) end = run.endedAt;
      else if (run && !idle) end = Math.max(end, known.now);
      found.set(node.path, { start, end });
      last = Math.max(last, end);
    }
    return last;
  };
  found.set("", { start: known.from, end: visit("", known.from) });
  return found;
}

/**
 * The nodes that decided, or decide, when the flow ends: from the last one back to what it waited for longest. Nodes that
 * do not `count` never ran and decided nothing.
 */
export function criticalPath(
  flow: Flow,
  times: ReadonlyMap<string, Span>,
  counts: (path: string) => boolean = () => true,
): Set<string> {
  const children = byParent(flow);
  const nodes = new Map(flow.nodes.map((node) => [node.path, node]));
  const end = (path: string) => times.get(path)?.end ?? 0;
  // Of several that end together the last in the order of the flow.
  const latest = (paths: string[]) => {
    let best: string | undefined;
    for (const path of paths) if (counts(path) && (best === undefined || end(path) >= end(best))) best = path;
    return best;
  };
  const found = new Set<string>();
  const visit = (parent: string) => {
    let at = latest((children.get(parent) ?? []).map((node) => node.path));
    while (at !== undefined && !found.has(at)) {
      found.add(at);
      visit(at);
      at = latest(nodes.get(at)?.in ?? []);
    }
  };
  visit("");
  return found;
}

/** How much later each node could have ended without the flow ending later; milliseconds. */
export function slack(flow: Flow, times: ReadonlyMap<string, Span>): Map<string, number> {
  const children = byParent(flow);
  const found = new Map<string, number>();
  const latestStart = new Map<string, number>();
  const visit = (parent: string, until: number) => {
    for (const node of [...(children.get(parent) ?? [])].reverse()) {
      const span = times.get(node.path);
      if (!span) continue;
      const by = Math.min(until, ...node.out.map((path) => latestStart.get(path) ?? Number.POSITIVE_INFINITY));
      latestStart.set(node.path, by - (span.end - span.start));
      found.set(node.path, Math.max(0, by - span.end));
      visit(node.path, by);
    }
  };
  visit("", times.get("")?.end ?? 0);
  return found;
}

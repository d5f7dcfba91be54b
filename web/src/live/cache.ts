import type { QueryClient } from "@tanstack/react-query";
import type { ExecutionDetail, NodeRun } from "../api/types";
import { isBad } from "../status/statuses";
import type { Change } from "./hub";
import { onChanges, onGap, onJoin } from "./live";

/** Reads again at most this often what changes cannot patch. */
const REFRESH_MS = 1_000;

/** Lets the events of the server change what was read before. */
export function connectCache(client: QueryClient) {
  const pending = new Set<string>();
  let timer: number | undefined;
  const readAgain = () => {
    timer = undefined;
    for (const each of pending) {
      const queryKey = JSON.parse(each);
      // Begun anew at every event, a read that takes longer than they come would never end.
      if (client.isFetching({ queryKey }) > 0) continue;
      pending.delete(each);
      void client.invalidateQueries({ queryKey });
    }
    if (pending.size > 0) timer = window.setTimeout(readAgain, REFRESH_MS);
  };
  const refresh = (key: unknown[]) => {
    pending.add(JSON.stringify(key));
    timer ??= window.setTimeout(readAgain, REFRESH_MS);
  };
  onGap(() => void client.invalidateQueries());
  onJoin((topics) => {
    for (const queryKey of topics.flatMap((topic) => keysOf(topic))) void client.invalidateQueries({ queryKey });
  });
  onChanges((changes) => {
    for (const change of changes) applyChange(client, change, refresh);
  });
}

/** Patches what a change tells, and hands on what has to be read again. */
export function applyChange(client: QueryClient, change: Change, refresh: (key: unknown[]) => void) {
  const [kind, name] = split(change.topic);
  if (kind === "execution") {
    client.setQueryData<ExecutionDetail>(["exec", Number(name)], (old) => old && patchExecution(old, change.patch));
  }
  for (const key of keysOf(change.topic, change.ids)) {
    // Patched already, unless attempts ended: why they did is not part of what is told.
    if (key[0] === "exec" && !tellsOfEnds(change.patch)) continue;
    refresh(key);
  }
}

function tellsOfEnds({ nodes }: Record<string, unknown>): boolean {
  return Array.isArray(nodes) && nodes.some((node) => isBad(String(node.status)) || node.attempt > 0);
}

/** What is read of each kind of topic; an event that names its project and flow is about the reads of those only. */
const KEYS: Record<string, (name: string, ids: Change["ids"]) => unknown[][]> = {
  execution: (name) => [
    ["exec", Number(name)],
    ["explain", Number(name)],
  ],
  executions: (_, { project, flow }) => [
    ["execs"],
    ["running"],
    ["flows", ...known(project)],
    ["flow-runs", ...known(project, flow)],
    // These show how the last fires ended.
    ["schedules", "list"],
    ["schedules", "week"],
  ],
  running: () => [["running"]],
  schedules: () => [["schedules"], ["sla"]],
  projects: () => [["projects"]],
  // The flow for its lock.
  project: (name) => [
    ["project", name],
    ["flows", name],
    ["flow", name],
  ],
};

/** The parts up to the first that is not known. */
function known(...parts: (string | undefined)[]): unknown[] {
  const end = parts.indexOf(undefined);
  return end < 0 ? parts : parts.slice(0, end);
}

/** What is to be read again after a change of a topic; without `ids`, after any. */
export function keysOf(topic: string, ids: Change["ids"] = {}): unknown[][] {
  const [kind, name] = split(topic);
  return KEYS[kind]?.(name, ids) ?? [];
}

function split(topic: string): [string, string] {
  const at = topic.indexOf(":");
  return at < 0 ? [topic, ""] : [topic.slice(0, at), topic.slice(at + 1)];
}

/** An execution with what an event tells of it; nodes that it does not name stay as they are, identical objects included. */
export function patchExecution(old: ExecutionDetail, patch: Record<string, unknown>): ExecutionDetail {
  const { nodes: changed, ...rest } = patch as Partial<ExecutionDetail> & { nodes?: Partial<NodeRun>[] };
  const next: ExecutionDetail = { ...old, ...rest, nodes: old.nodes };
  if (!changed?.length) return next;
  const nodes = new Map(old.nodes.map((node) => [node.path, node]));
  const counts = { ...old.counts };
  for (const change of changed) {
    if (change.path === undefined) continue;
    const before = nodes.get(change.path);
    const node: NodeRun = { ...(before ?? newNode(change.path)), ...change, attempts: attempts(before, change) };
    nodes.set(change.path, node);
    if (change.status && change.status !== before?.status) {
      if (before && counts[before.status]) counts[before.status] = (counts[before.status] ?? 1) - 1;
      else if (counts.READY) counts.READY -= 1;
      counts[change.status] = (counts[change.status] ?? 0) + 1;
    }
  }
  next.nodes = [...nodes.values()];
  next.counts = counts;
  return next;
}

function newNode(path: string): NodeRun {
  return {
    path,
    status: "READY",
    attempt: 0,
    startedAt: null,
    endedAt: null,
    updatedAt: 0,
    notBefore: null,
    attempts: [],
  };
}

/** The attempts so far: a new one keeps those before it. */
function attempts(before: NodeRun | undefined, change: Partial<NodeRun>): NodeRun["attempts"] {
  if (change.attempts) return change.attempts;
  const old = before?.attempts ?? [];
  const number = change.attempt ?? before?.attempt ?? 0;
  const status = change.status ?? before?.status ?? "READY";
  if (status === "READY") return old;
  const known = old.find((attempt) => attempt.attempt === number);
  const now = {
    reason: null,
    exitCode: null,
    ...known,
    attempt: number,
    status,
    startedAt: change.startedAt ?? known?.startedAt ?? null,
    endedAt: change.endedAt ?? known?.endedAt ?? null,
  };
  return [...old.filter((attempt) => attempt.attempt !== number), now];
}

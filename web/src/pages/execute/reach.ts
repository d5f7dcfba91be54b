import type { Flow } from "../../api/types";

export type Reach = "only" | "ancestors" | "descendants";
/** Those next to a node, or all before or behind it; the node itself is not among them. */
export type Kin = "parents" | "ancestors" | "children" | "descendants";

/** The jobs that run if one node is wanted, alone or with all before or behind it; paths of jobs only. */
export function reached(flow: Flow, from: string, reach: Reach): Set<string> {
  const nodes = new Map(flow.nodes.map((node) => [node.path, node]));
  const found = new Set<string>();
  const queue = [from];
  while (queue.length > 0) {
    const path = queue.pop() as string;
    if (found.has(path)) continue;
    found.add(path);
    const node = nodes.get(path);
    if (!node) continue;
    if (reach === "ancestors") queue.push(...node.in);
    if (reach === "descendants") queue.push(...node.out);
    // What stands behind an embedded flow stands behind the jobs in it.
    if (reach !== "only" && node.parent) {
      const parent = nodes.get(node.parent);
      if (parent) for (const next of reach === "ancestors" ? parent.in : parent.out) queue.push(next);
    }
  }
  const jobs = new Set<string>();
  for (const node of flow.nodes) {
    if (node.kind !== "job") continue;
    for (let at: string | null = node.path; at; at = nodes.get(at)?.parent ?? null)
      if (found.has(at)) jobs.add(node.path);
  }
  return jobs;
}

/** The jobs before or behind a node (web-ui GRA-14). */
export function kin(flow: Flow, of: string, which: Kin): Set<string> {
  if (which === "ancestors" || which === "descendants") {
    const own = reached(flow, of, "only");
    return new Set([...reached(flow, of, which)].filter((path) => !own.has(path)));
  }
  const node = flow.nodes.find((each) => each.path === of);
  const next = which === "parents" ? node?.in : node?.out;
  return new Set((next ?? []).flatMap((path) => [...reached(flow, path, "only")]));
}

/** The jobs that do not run, as the shortest list: a flow of which nothing runs stands for all in it. */
export function disabledPaths(flow: Flow, off: ReadonlySet<string>): string[] {
  const jobsOf = new Map<string, string[]>();
  const parents = new Map(flow.nodes.map((node) => [node.path, node.parent]));
  for (const node of flow.nodes) {
    if (node.kind !== "job") continue;
    for (let at = node.parent; at; at = parents.get(at) ?? null) jobsOf.set(at, [...(jobsOf.get(at) ?? []), node.path]);
  }
  const whole = new Set<string>();
  for (const [path, jobs] of jobsOf) if (jobs.every((job) => off.has(job))) whole.add(path);
  const inside = (path: string) => {
    for (let at = parents.get(path) ?? null; at; at = parents.get(at) ?? null) if (whole.has(at)) return true;
    return false;
  };
  return [...whole, ...off].filter((path) => !inside(path)).sort();
}

import { type QueryClient, useQuery } from "@tanstack/react-query";
import { useTopics } from "../live/live";
import { get, path } from "./client";
import type { ExecutionDetail, Flow, FlowItem, Project } from "./types";

/** Reads that several pages share. The keys are what events refresh (live/cache.ts). */

export function useProject(project: string) {
  useTopics(`project:${project}`);
  return useQuery({
    queryKey: ["project", project],
    queryFn: ({ signal }) => get<Project>(path("/projects/{}", project), {}, signal),
  });
}

export function useFlows(project: string, enabled = true) {
  useTopics("executions");
  return useQuery({
    queryKey: ["flows", project],
    queryFn: ({ signal }) =>
      get<{ version: number; items: FlowItem[] }>(path("/projects/{}/flows", project), { recent: 30 }, signal),
    enabled,
  });
}

/** The project has another version: what was read of its current one is read again. */
export function refreshVersion(queries: QueryClient, project: string) {
  for (const key of ["project", "flows", "versions", "flow", "layout", "properties"]) {
    void queries.invalidateQueries({ queryKey: [key, project] });
  }
}

/** Nodes as they run: by level, an embedded flow before what is in it. */
function inOrder(flow: Flow): Flow {
  const children = Map.groupBy(flow.nodes, (node) => node.parent ?? "(none)");
  const ordered: Flow["nodes"] = [];
  const visit = (parent: string) => {
    const within = children.get(parent) ?? [];
    for (const node of within.sort((a, b) => a.level - b.level || a.id.localeCompare(b.id))) {
      ordered.push(node);
      visit(node.path);
    }
  };
  visit("(none)");
  return { ...flow, nodes: ordered };
}

/** The nodes of a flow; without a version those of the current one. */
export function useFlow(project: string, flow: string, version?: number) {
  return useQuery({
    queryKey: ["flow", project, flow, version ?? "current"],
    queryFn: ({ signal }) => get<Flow>(path("/projects/{}/flows/{}", project, flow), { version }, signal),
    staleTime: version === undefined ? 5_000 : Number.POSITIVE_INFINITY,
    select: inOrder,
    enabled: project !== "" && flow !== "",
  });
}

export function useExecution(id: number) {
  useTopics(`execution:${id}`);
  return useQuery({
    queryKey: ["exec", id],
    queryFn: ({ signal }) => get<ExecutionDetail>(path("/executions/{}", id), {}, signal),
  });
}

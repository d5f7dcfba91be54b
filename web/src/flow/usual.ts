import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { get, path } from "../api/client";
import type { Summary } from "../api/types";

/** Jobs whose durations are asked for; a flow with more is rare, and the rest counts as short. */
const JOBS = 1_000;

/** How long each job of a flow usually takes: medians of its last runs. `null` until they are known. */
export function useUsual(project: string, flow: string, enabled: boolean) {
  const { data } = useQuery({
    queryKey: ["flow-runs", project, flow, "usual"],
    queryFn: ({ signal }) =>
      get<Summary>(path("/projects/{}/flows/{}/summary", project, flow), { runs: 30, jobs: JOBS }, signal),
    staleTime: 60_000,
    enabled: enabled && project !== "" && flow !== "",
  });
  return useMemo(() => {
    if (!data || !enabled) return null;
    const medians = new Map(data.slowest.map((job) => [job.path, job.p50Ms ?? undefined]));
    return (job: string) => medians.get(job);
  }, [data, enabled]);
}

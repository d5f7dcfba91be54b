import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import type { JobHistory, SearchHit } from "../../api/types";
import { useTopics } from "../../live/live";

/** The last runs of a job, newest first. */
export function useJobHistory(project: string, flow: string, job: string) {
  useTopics("executions");
  return useQuery({
    queryKey: ["flow-runs", project, flow, "job", job],
    queryFn: ({ signal }) =>
      get<JobHistory>(path("/projects/{}/flows/{}/jobs/{}/history", project, flow, job), { runs: 100 }, signal),
  });
}

/** The flow of a job; Azkaban's address of its history does not name it. */
export function useFlowOfJob(project: string, job: string, flow: string | undefined) {
  return useQuery({
    queryKey: ["flow-of-job", project, job, flow ?? ""],
    queryFn: async ({ signal }) => {
      if (flow) return flow;
      const { items } = await get<{ items: SearchHit[] }>("/search", { q: job, limit: 100 }, signal);
      const hit = items.find((each) => each.project === project && (each.path ?? each.flow) === job);
      // Root flows are named like their last job.
      return hit?.flow ?? job.split(":")[0] ?? job;
    },
    initialData: flow,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

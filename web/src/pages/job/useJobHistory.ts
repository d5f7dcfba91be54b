import { useQuery } from "@tanstack/react-query";
import { get, path } from "../../api/client";
import type { JobHistory } from "../../api/types";
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

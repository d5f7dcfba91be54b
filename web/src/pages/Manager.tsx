import { lazy, Suspense } from "react";
import { useParams } from "../navigation";
import { NotFound } from "../shell/NotFound";
import { Loading } from "../ui/Loading";
import Project from "./project/Project";

const Flow = lazy(() => import("./flow/Flow"));
const Job = lazy(() => import("./job/Job"));
const JobHistory = lazy(() => import("./job/JobHistory"));

/** `/manager`: the keys of the query choose the page, in Azkaban's order (web-ui §23). */
export default function Manager() {
  const [search] = useParams();
  const { project, flow, job } = search;
  if (!project) return <NotFound />;
  if ("logs" in search) return <Project project={project} tab="logs" />;
  if ("permissions" in search) return <Project project={project} tab="permissions" />;
  return (
    <Suspense fallback={<Loading />}>
      {"history" in search && job ? (
        <JobHistory project={project} job={job} flow={flow} />
      ) : flow && job ? (
        <Job project={project} flow={flow} job={job} />
      ) : flow ? (
        <Flow project={project} flow={flow} />
      ) : (
        <Project project={project} />
      )}
    </Suspense>
  );
}

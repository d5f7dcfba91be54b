import { lazy, Suspense } from "react";
import { useParams } from "../navigation";
import { Loading } from "../ui/Loading";
import Executing from "./executing/Executing";

const Execution = lazy(() => import("./execution/Execution"));
const JobLog = lazy(() => import("./execution/JobLog"));

/** `/executor`: the list of what runs, an execution, or the log of one of its jobs. */
export default function Executor() {
  const [{ execid, job }] = useParams();
  const id = Number(execid);
  if (!execid || !Number.isSafeInteger(id)) return <Executing />;
  return (
    <Suspense fallback={<Loading />}>
      {job ? <JobLog key={`${id} ${job}`} id={id} job={job} /> : <Execution key={id} id={id} />}
    </Suspense>
  );
}

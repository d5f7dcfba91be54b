import { Button, Drawer, Group, Radio } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { CalendarClock, Play, TriangleAlert } from "lucide-react";
import { type KeyboardEvent, lazy, Suspense, useDeferredValue, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { Execution, ExecutionDetail, Flow, Page, Preview } from "../../api/types";
import { to, useGo, useParams } from "../../navigation";
import { duration } from "../../time/format";
import { ProblemText } from "../../ui/ErrorPanel";
import { LockNote } from "../flow/Lock";
import classes from "./Execute.module.css";
import { OptionFields } from "./OptionFields";
import { defaults, fromEarlier, type Options, request } from "./options";
import { type Reach, reached } from "./reach";

const Editor = lazy(() => import("../schedules/Editor"));

/** The options that the address asks for: `from` and `reach` choose jobs. */
function initial(flow: Flow, search: Record<string, string>): Options {
  const options = defaults(flow);
  const { from, reach } = search;
  if (!from || !reach) return options;
  const wanted = reached(flow, from, reach as Reach);
  const off = flow.nodes.filter((node) => node.kind === "job" && !wanted.has(node.path)).map((node) => node.path);
  return { ...options, off: new Set(off) };
}

interface Props {
  project: string;
  flow: Flow;
  maySchedule: boolean;
}

/** Executes a flow. What will happen is asked of the server while the options change. */
export default function Execute({ project, flow, maySchedule }: Props) {
  const { t } = useTranslation();
  const [scheduling, setScheduling] = useState(false);
  const go = useGo();
  const queries = useQueryClient();
  const [search, setSearch] = useParams();
  const [options, setOptions] = useState(() => initial(flow, search));
  const change = (part: Partial<Options>) => setOptions((old) => ({ ...old, ...part }));
  const close = () => setSearch({ run: undefined, from: undefined, reach: undefined, like: undefined });
  const body = useDeferredValue(request(flow, options));
  const preview = useQuery({
    queryKey: ["preview", project, flow.flow, body],
    queryFn: () => write<Preview>("POST", path("/projects/{}/flows/{}/executions/preview", project, flow.flow), body),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 0,
  });
  // One key per opened sheet: a second click starts nothing twice.
  const key = useRef(crypto.randomUUID());
  const execute = useMutation({
    mutationFn: () =>
      write<{ id: number }>(
        "POST",
        path("/projects/{}/flows/{}/executions", project, flow.flow),
        request(flow, options),
        {
          "Idempotency-Key": key.current,
        },
      ),
    meta: { shown: true },
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: ["execs"] });
      go(to.execution(id));
    },
    onError: () => {
      key.current = crypto.randomUUID();
    },
  });
  const submit = () => {
    if (!execute.isPending && preview.data?.canSubmit !== false) execute.mutate();
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) submit();
  };
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size="min(760px, 100vw)"
      title={t("execute.title", { flow: flow.flow })}
      closeOnClickOutside={false}
      onKeyDown={keyDown}
    >
      <div className={classes.body}>
        <LockNote project={project} flow={flow} mayUnlock={false} />
        <StartFrom project={project} flow={flow} like={search.like} onOptions={setOptions} />
        <OptionFields flow={flow} options={options} onChange={change} />
      </div>
      <footer className={classes.foot}>
        <div className={classes.preview} role="status">
          {preview.data && <Words preview={preview.data} />}
          {preview.error && <ProblemText error={preview.error} />}
          {execute.error && (
            <div className={classes.refused} role="alert">
              <ProblemText error={execute.error} />
            </div>
          )}
        </div>
        {maySchedule && (
          <Button
            variant="default"
            leftSection={<CalendarClock size={16} />}
            onClick={() => setScheduling(true)}
            title={t("execute.scheduleHint")}
          >
            {t("execute.schedule")}
          </Button>
        )}
        <Button variant="default" onClick={close}>
          {t("action.cancel")}
        </Button>
        <Button
          leftSection={<Play size={16} />}
          loading={execute.isPending}
          disabled={preview.data?.canSubmit === false}
          onClick={submit}
          title={t("execute.key")}
        >
          {t("flow.execute")}
        </Button>
      </footer>
      {scheduling && (
        <Suspense fallback={null}>
          <Editor
            project={project}
            flow={flow.flow}
            options={request(flow, options)}
            onClose={() => setScheduling(false)}
          />
        </Suspense>
      )}
    </Drawer>
  );
}

/** What would happen now, in one sentence and its warnings. */
function Words({ preview }: { preview: Preview }) {
  const { t } = useTranslation();
  const known = [
    "running",
    "pipelined",
    "alreadyRunning",
    "tooManyRuns",
    "locked",
    "queued",
    "nothingToRun",
    "versionNotCurrent",
  ] as const;
  const words = (warning: Preview["warnings"][number]) => {
    const code = known.find((each) => each === warning.code);
    if (!code) return warning.message;
    const executions = Array.isArray(warning.params.executions)
      ? warning.params.executions.map((id) => `#${id}`).join(", ")
      : "";
    return t(`execute.warning.${code}`, { position: String(warning.params.position ?? ""), executions });
  };
  return (
    <>
      <strong>{t("execute.willRun", { count: preview.willRun, jobs: preview.jobs })}</strong>
      {preview.skipped > 0 && <span> · {t("execute.skips", { count: preview.skipped })}</span>}
      {preview.expectedMs !== null && <span className="muted"> · ~{duration(preview.expectedMs)}</span>}
      {preview.warnings.map((warning) => (
        <div key={`${warning.code} ${warning.message}`} className={classes.warning}>
          <TriangleAlert size={14} aria-hidden="true" /> {words(warning)}
        </div>
      ))}
    </>
  );
}

interface StartProps {
  project: string;
  flow: Flow;
  /** An execution whose options the address asks for. */
  like: string | undefined;
  onOptions: (options: Options) => void;
}

/** Begins with the flow's own options or with those of an earlier execution. */
function StartFrom({ project, flow, like, onOptions }: StartProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<"defaults" | "last" | "like">(like ? "like" : "defaults");
  const last = useQuery({
    queryKey: ["execs", "last", project, flow.flow],
    queryFn: ({ signal }) => get<Page<Execution>>("/executions", { project, flow: flow.flow, limit: 1 }, signal),
  });
  const lastId = last.data?.items[0]?.id;
  const id = chosen === "like" ? Number(like) : chosen === "last" ? lastId : undefined;
  const earlier = useQuery({
    queryKey: ["exec", id ?? 0],
    queryFn: ({ signal }) => get<ExecutionDetail>(path("/executions/{}", id ?? 0), {}, signal),
    enabled: id !== undefined,
  });
  const taken = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (!earlier.data || id === undefined || taken.current === id) return;
    taken.current = id;
    onOptions(fromEarlier(flow, earlier.data.options));
  }, [earlier.data, id, flow, onOptions]);
  if (lastId === undefined && !like) return null;
  return (
    <Radio.Group
      label={t("execute.startFrom")}
      value={chosen}
      onChange={(value) => {
        setChosen(value as typeof chosen);
        taken.current = undefined;
        if (value === "defaults") onOptions(defaults(flow));
      }}
    >
      <Group mt={4}>
        <Radio value="defaults" label={t("execute.defaults")} />
        {lastId !== undefined && <Radio value="last" label={t("execute.lastRun", { id: lastId })} />}
        {like && Number(like) !== lastId && <Radio value="like" label={`#${like}`} />}
      </Group>
    </Radio.Group>
  );
}

import { Menu } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useExecution, useFlow } from "../../api/queries";
import type { ExecutionDetail, Flow } from "../../api/types";
import { FlowGraph } from "../../graph/FlowGraph";
import { A, to, useGo, useParams, useTab } from "../../navigation";
import { useKeys } from "../../shell/keys";
import { Status } from "../../status/Status";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { PageFrame } from "../../ui/PageFrame";
import { Announce } from "./Announce";
import { Controls } from "./control";
import classes from "./Execution.module.css";
import { JobsList } from "./JobsList";
import { LogView } from "./LogView";
import { NodePanel } from "./NodePanel";
import { failedJobs } from "./nodes";
import { Options } from "./Options";
import { Retries } from "./Retries";
import { Stats } from "./Stats";
import { Timeline } from "./Timeline";
import { Trigger } from "./Trigger";
import { useTimes } from "./useTimes";
import { Why } from "./Why";

const TABS = ["graph", "timeline", "jobslist", "log", "triggerslist", "retries", "options", "stats"] as const;
/** Those that need the structure of the flow. */
const OF_NODES = ["graph", "timeline", "jobslist", "stats"] as const;

export default function Execution({ id }: { id: number }) {
  const { t } = useTranslation();
  const [tab, setTab] = useTab(TABS);
  const query = useExecution(id);
  const execution = query.data;
  const flow = useFlow(execution?.project ?? "", execution?.flow ?? "", execution?.version);
  useKeys(
    "tabs",
    Object.fromEntries(TABS.map((each, index) => [String(index + 1), ["keys.tab", () => setTab(each)]])) as Parameters<
      typeof useKeys
    >[1],
  );
  useFailedKeys(execution, flow.data, tab === "graph" || tab === "timeline" || tab === "jobslist", () =>
    setTab("jobslist"),
  );
  const ofNodes = OF_NODES.find((each) => each === tab);
  return (
    <PageFrame
      title={execution ? `${execution.flow} #${id}` : `#${id}`}
      status={execution?.status}
      beside={execution && <Status status={execution.status} />}
      crumbs={[
        { text: t("nav.projects"), href: to.projects() },
        ...(execution
          ? [
              { text: execution.project, href: to.project(execution.project) },
              { text: execution.flow, href: to.flow(execution.project, execution.flow) },
            ]
          : []),
      ]}
      facts={execution && <Facts execution={execution} />}
      actions={execution && <Controls execution={execution} />}
      tabs={TABS.map((each) => ({
        id: each,
        text: t(`execution.${each}`),
        count: (each === "retries" && execution && triedAgain(execution)) || undefined,
      }))}
      tab={tab}
    >
      <Async query={query}>
        {(data) => (
          <>
            <Announce execution={data} />
            <Why execution={data} />
            {tab === "log" && <LogView id={id} job={null} status={data.status} started={data.startedAt !== null} />}
            {tab === "options" && <Options execution={data} />}
            {tab === "triggerslist" && <Trigger execution={data} />}
            {tab === "retries" && <Retries execution={data} />}
            {ofNodes && (
              <Async query={flow}>{(structure) => <Nodes tab={ofNodes} execution={data} flow={structure} />}</Async>
            )}
          </>
        )}
      </Async>
    </PageFrame>
  );
}

function Facts({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  return (
    <>
      <span>
        <Elapsed from={execution.startedAt} to={execution.endedAt} />
      </span>
      <span>
        <Time at={execution.startedAt ?? execution.submittedAt} />
      </span>
      <span>
        {execution.source !== "adhoc"
          ? t("execution.bySource", { user: execution.user, source: execution.source })
          : t("execution.by", { user: execution.user })}
      </span>
      <span>{t("project.version", { version: execution.version })}</span>
      {execution.position !== null && <span>{t("execution.position", { position: execution.position })}</span>}
    </>
  );
}

/** How many jobs were tried more than once. */
function triedAgain(execution: ExecutionDetail): number {
  return execution.nodes.filter((node) => node.attempts.length > 1).length;
}

/** `n` and `N` go through the failed jobs, `l` opens the log of the one that is marked, or of the first. */
function useFailedKeys(
  execution: ExecutionDetail | undefined,
  flow: Flow | undefined,
  shown: boolean,
  onElsewhere: () => void,
) {
  const go = useGo();
  const [search, setSearch] = useParams();
  const failed = execution && flow ? failedJobs(execution, flow) : [];
  const step = (by: number) => {
    if (failed.length === 0) return;
    if (!shown) onElsewhere();
    const at = failed.indexOf(search.node ?? "");
    setSearch({ node: failed[at < 0 ? (by > 0 ? 0 : failed.length - 1) : (at + by + failed.length) % failed.length] });
  };
  const started = execution?.nodes.find((node) => node.path === search.node)?.startedAt != null;
  const path = started ? search.node : failed[0];
  // The log has keys of its own.
  useKeys("failed", {
    ...(shown && {
      n: ["keys.nextFailed", () => step(1)] as const,
      "Shift+N": ["keys.previousFailed", () => step(-1)] as const,
    }),
    ...(execution && {
      l: [
        "keys.log",
        () => go(path === undefined ? to.execution(execution.id, "log") : to.log(execution.id, path)),
      ] as const,
    }),
  } as Parameters<typeof useKeys>[1]);
}

interface NodesProps {
  tab: (typeof OF_NODES)[number];
  execution: ExecutionDetail;
  flow: Flow;
}

function Nodes({ tab, execution, flow }: NodesProps) {
  const { t } = useTranslation();
  const go = useGo();
  const [search] = useParams();
  const statuses = useMemo(() => new Map(execution.nodes.map((node) => [node.path, node.status])), [execution.nodes]);
  const disabled = useMemo(
    () =>
      new Set(
        execution.nodes
          .filter((node) => node.status === "DISABLED" || node.status === "SKIPPED")
          .map((node) => node.path),
      ),
    [execution.nodes],
  );
  const times = useTimes(execution, flow, tab === "graph" && "critical" in search);
  if (tab === "stats") return <Stats execution={execution} flow={flow} />;
  if (tab === "timeline") return <Timeline execution={execution} flow={flow} />;
  if (tab === "jobslist") return <JobsList execution={execution} flow={flow} />;
  const started = (path: string) => execution.nodes.some((node) => node.path === path && node.startedAt !== null);
  return (
    <div className={classes.graph}>
      <FlowGraph
        project={execution.project}
        flow={flow}
        statuses={statuses}
        disabled={disabled}
        critical={times?.critical ?? null}
        onOpen={(path) => go(to.log(execution.id, path))}
        panel={(path) => <NodePanel execution={execution} flow={flow} path={path} />}
        menu={(path) => (
          <>
            {started(path) && (
              <>
                <Menu.Item component={A} href={to.log(execution.id, path)}>
                  {t("graph.openLog")}
                </Menu.Item>
                <Menu.Item component="a" href={to.log(execution.id, path)} target="_blank">
                  {t("graph.openLogNew")}
                </Menu.Item>
              </>
            )}
          </>
        )}
      />
    </div>
  );
}

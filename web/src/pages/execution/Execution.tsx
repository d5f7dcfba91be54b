import { Menu } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useExecution, useFlow } from "../../api/queries";
import type { ExecutionDetail, Flow } from "../../api/types";
import { FlowGraph } from "../../graph/FlowGraph";
import { A, to, useGo, useTab } from "../../navigation";
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
import { Options } from "./Options";
import { Timeline } from "./Timeline";
import { Why } from "./Why";

const TABS = ["graph", "timeline", "jobslist", "log", "options"] as const;

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
      tabs={TABS.map((each) => ({ id: each, text: t(`execution.${each}`) }))}
      tab={tab}
    >
      <Async query={query}>
        {(data) => (
          <>
            <Announce execution={data} />
            <Why execution={data} />
            {tab === "log" && <LogView id={id} job={null} status={data.status} started={data.startedAt !== null} />}
            {tab === "options" && <Options execution={data} />}
            {(tab === "graph" || tab === "timeline" || tab === "jobslist") && (
              <Async query={flow}>{(structure) => <Nodes tab={tab} execution={data} flow={structure} />}</Async>
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

interface NodesProps {
  tab: "graph" | "timeline" | "jobslist";
  execution: ExecutionDetail;
  flow: Flow;
}

function Nodes({ tab, execution, flow }: NodesProps) {
  const { t } = useTranslation();
  const go = useGo();
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
            <Menu.Item component={A} href={to.job(execution.project, execution.flow, path)}>
              {t("graph.openJob")}
            </Menu.Item>
          </>
        )}
      />
    </div>
  );
}

import { ActionIcon, Button, Menu } from "@mantine/core";
import { CalendarClock, Ellipsis, Lock, LockOpen, Play } from "lucide-react";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFlow, useProject } from "../../api/queries";
import type { Flow as Data } from "../../api/types";
import { criticalPath, spans } from "../../flow/times";
import { useUsual } from "../../flow/usual";
import { FlowGraph } from "../../graph/FlowGraph";
import { A, to, useGo, useParams, useTab } from "../../navigation";
import { useKeys } from "../../shell/keys";
import { Async } from "../../ui/Async";
import { Loading } from "../../ui/Loading";
import { PageFrame } from "../../ui/PageFrame";
import { Star } from "../../ui/Star";
import { may } from "../project/Project";
import { FlowExecutions } from "./FlowExecutions";
import { Grid } from "./Grid";
import { JobPanel } from "./JobPanel";
import { LockDialog, LockNote, useUnlock } from "./Lock";
import { Summary } from "./Summary";

const Execute = lazy(() => import("../execute/Execute"));

const FlowSla = lazy(() => import("../sla/Sla").then(({ FlowSla: page }) => ({ default: page })));
const FlowTriggers = lazy(() => import("../triggers/Triggers").then(({ FlowTriggers: page }) => ({ default: page })));

const TABS = ["graph", "grid", "executions", "schedules", "sla", "flowtriggers", "summary"] as const;

export default function Flow({ project, flow: id }: { project: string; flow: string }) {
  const { t } = useTranslation();
  const go = useGo();
  const [search, setSearch] = useParams();
  const [tab, setTab] = useTab(TABS);
  useKeys("flow", { v: ["keys.view", () => setTab(tab === "grid" ? "graph" : "grid")] });
  const details = useProject(project);
  const query = useFlow(project, id);
  const flow = query.data;
  const usual = useUsual(project, id, "critical" in search);
  const critical = useMemo(() => {
    if (!flow || !usual) return null;
    return criticalPath(flow, spans(flow, { usual, runs: new Map(), from: 0, now: 0 }));
  }, [flow, usual]);
  const [locking, setLocking] = useState(false);
  const canLock = details.data !== undefined && may(details.data, "ADMIN");
  const canRun = details.data !== undefined && may(details.data, "EXECUTE");
  // An embedded flow `a:b` is reached through the one around it.
  const parents = id
    .split(":")
    .slice(0, -1)
    .map((_, index, all) => all.slice(0, index + 1).join(":"));
  const menu = (path: string) =>
    canRun &&
    (["only", "ancestors", "descendants"] as const).map((reach) => (
      <Menu.Item key={reach} onClick={() => setSearch({ run: "1", from: path, reach })}>
        {t(`execute.reach.${reach}`)}
      </Menu.Item>
    ));
  return (
    <PageFrame
      title={id}
      beside={<Star project={project} flow={id} />}
      crumbs={[
        { text: t("nav.projects"), href: to.projects() },
        { text: project, href: to.project(project) },
        ...parents.map((parent) => ({ text: parent.split(":").at(-1) ?? parent, href: to.flow(project, parent) })),
      ]}
      facts={
        flow && (
          <>
            <span>{t("flow.jobCount", { count: flow.nodes.filter((node) => node.kind === "job").length })}</span>
            <span>{t("project.version", { version: flow.version })}</span>
          </>
        )
      }
      actions={
        (canRun || canLock) && (
          <>
            {canLock && flow && <More project={project} flow={flow} onLock={() => setLocking(true)} />}
            {canRun && may(details.data, "SCHEDULE") && (
              <Button
                variant="default"
                leftSection={<CalendarClock size={16} />}
                component={A}
                href={to.schedules({ project, flow: id, edit: "1" })}
              >
                {t("flow.schedule")}
              </Button>
            )}
            {canRun && (
              <Button
                leftSection={<Play size={16} />}
                disabled={flow?.locked}
                title={flow?.locked ? t("flow.locked") : undefined}
                onClick={() => setSearch({ run: "1" }, { push: true })}
              >
                {t("flow.execute")}
              </Button>
            )}
          </>
        )
      }
      tabs={TABS.filter((each) => each !== "flowtriggers" || tab === each).map((each) => ({
        id: each,
        text: t(`flow.${each}`),
        href: each === "schedules" ? to.schedules({ project, flow: id }) : to.flow(project, id, each),
      }))}
      tab={tab}
    >
      <Async query={query}>
        {(data) => (
          <>
            <LockNote project={project} flow={data} mayUnlock={canLock} />
            {tab === "graph" && (
              <FlowGraph
                project={project}
                flow={data}
                critical={critical}
                onOpen={(path) => go(to.job(project, id, path))}
                panel={(path) => <JobPanel project={project} flow={data} path={path} />}
                menu={menu}
              />
            )}
            {tab === "grid" && <Grid project={project} flow={data} />}
            {tab === "executions" && <FlowExecutions project={project} flow={id} />}
            {tab === "sla" && (
              <Suspense fallback={<Loading />}>
                <FlowSla project={project} flow={id} />
              </Suspense>
            )}
            {tab === "flowtriggers" && (
              <Suspense fallback={<Loading />}>
                <FlowTriggers project={project} flow={id} />
              </Suspense>
            )}
            {locking && <LockDialog project={project} flow={id} onClose={() => setLocking(false)} />}
            {tab === "summary" && <Summary project={project} flow={data} />}
            {"run" in search && canRun && (
              <Suspense fallback={<Loading />}>
                <Execute project={project} flow={data} maySchedule={may(details.data, "SCHEDULE")} />
              </Suspense>
            )}
          </>
        )}
      </Async>
    </PageFrame>
  );
}

/** What else may be done with the flow. */
function More({ project, flow, onLock }: { project: string; flow: Data; onLock: () => void }) {
  const { t } = useTranslation();
  const unlock = useUnlock(project, flow.flow);
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="default" size={30} aria-label={t("action.more")}>
          <Ellipsis size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {flow.locked ? (
          <Menu.Item leftSection={<LockOpen size={14} />} onClick={() => unlock.mutate()}>
            {t("lock.unlockFlow")}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<Lock size={14} />} onClick={onLock}>
            {t("lock.lockFlow")}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}

import { ActionIcon, Button, Menu } from "@mantine/core";
import { ChevronDown, ChevronRight, Ellipsis, Lock, Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFlow, useFlows } from "../../api/queries";
import type { FlowItem, Project } from "../../api/types";
import { A, to } from "../../navigation";
import { RunStrip } from "../../status/RunStrip";
import { Async } from "../../ui/Async";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import { may } from "./Project";
import classes from "./Project.module.css";

export function Flows({ project, onUpload }: { project: Project; onUpload: (() => void) | undefined }) {
  const { t } = useTranslation();
  const query = useFlows(project.name);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (id: string) => {
    const next = new Set(open);
    if (!next.delete(id)) next.add(id);
    setOpen(next);
  };
  const canRun = may(project, "EXECUTE");
  const columns: Column<FlowItem>[] = [
    {
      key: "flow",
      head: t("flow.flow"),
      phone: "main",
      cell: (flow) => (
        <span className={classes.nameCell}>
          <button
            type="button"
            className={classes.expand}
            aria-expanded={open.has(flow.id)}
            aria-label={t("project.showJobs", { flow: flow.id })}
            onClick={() => toggle(flow.id)}
          >
            {open.has(flow.id) ? <ChevronDown size={16} /> : <ChevronRight size={16} />}
          </button>
          <A href={to.flow(project.name, flow.id)} className={ui.name} title={flow.id}>
            {flow.id}
          </A>
          {flow.locked && (
            <span role="img" title={flow.lockMessage ?? ""} aria-label={t("flow.locked")}>
              <Lock size={14} />
            </span>
          )}
        </span>
      ),
    },
    { key: "runs", head: t("runs.last"), cell: (flow) => <RunStrip runs={flow.recent} /> },
    { key: "jobs", head: t("flow.jobs"), num: true, phone: "never", cell: (flow) => flow.jobCount },
    {
      key: "actions",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: (flow) => (
        <span className={classes.actions}>
          {canRun && (
            <Button
              component={A}
              href={to.run(project.name, flow.id)}
              variant="default"
              size="compact-sm"
              leftSection={<Play size={12} />}
              data-disabled={flow.locked || undefined}
              aria-label={t("flow.executeNamed", { flow: flow.id })}
            >
              {t("flow.execute")}
            </Button>
          )}
          <Menu>
            <Menu.Target>
              <ActionIcon variant="subtle" size={26} aria-label={t("action.moreOf", { name: flow.id })}>
                <Ellipsis size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {(["graph", "grid", "executions", "summary"] as const).map((tab) => (
                <Menu.Item key={tab} component={A} href={to.flow(project.name, flow.id, tab)}>
                  {t(`flow.${tab}`)}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        </span>
      ),
    },
  ];
  return (
    <Async query={query}>
      {({ items }) =>
        items.length === 0 ? (
          <Empty
            title={t("project.noFlows")}
            action={onUpload && <Button onClick={onUpload}>{t("project.upload")}</Button>}
          >
            {t("project.noFlowsNext")}
          </Empty>
        ) : (
          <DataTable
            label={t("project.flows")}
            columns={columns}
            rows={items}
            id={(flow) => flow.id}
            href={(flow) => to.flow(project.name, flow.id)}
            {...(open.size > 0 && {
              below: (flow: FlowItem) =>
                open.has(flow.id) && <Jobs project={project.name} flow={flow.id} canRun={canRun} />,
            })}
          />
        )
      }
    </Async>
  );
}

const INDENT_PX = 20;

/** The jobs of a flow by level, each with the ways to run it. */
function Jobs({ project, flow, canRun }: { project: string; flow: string; canRun: boolean }) {
  const { t } = useTranslation();
  const query = useFlow(project, flow);
  return (
    <Async query={query} rows={3}>
      {({ nodes }) => (
        <div className={classes.jobs}>
          {nodes
            .filter((node) => node.path !== "")
            .sort((a, b) => a.level - b.level)
            .map((node) => (
              <div key={node.path} className={classes.job} style={{ paddingLeft: node.level * INDENT_PX }}>
                <A href={to.job(project, flow, node.path)}>{node.path}</A>
                <span className="muted">{node.type}</span>
                {canRun && (
                  <Menu>
                    <Menu.Target>
                      <ActionIcon variant="subtle" size={24} aria-label={t("action.moreOf", { name: node.path })}>
                        <Play size={12} />
                      </ActionIcon>
                    </Menu.Target>
                    <Menu.Dropdown>
                      {(["only", "ancestors", "descendants"] as const).map((reach) => (
                        <Menu.Item key={reach} component={A} href={to.run(project, flow, { from: node.path, reach })}>
                          {t(`execute.reach.${reach}`)}
                        </Menu.Item>
                      ))}
                    </Menu.Dropdown>
                  </Menu>
                )}
              </div>
            ))}
        </div>
      )}
    </Async>
  );
}

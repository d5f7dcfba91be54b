import { ActionIcon, Button, Checkbox, Menu, TextInput } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Ellipsis, Search } from "lucide-react";
import { Fragment, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Flow, FlowNode } from "../../api/types";
import classes from "./Execute.module.css";
import { type Kin, kin, reached } from "./reach";

const ROW_PX = 32;
const KIN: Kin[] = ["parents", "ancestors", "children", "descendants"];

/** Which jobs run: a list with a box each, and the usual sets at once. */
export function JobPicker({
  flow,
  off,
  onChange,
}: {
  flow: Flow;
  off: ReadonlySet<string>;
  onChange: (off: Set<string>) => void;
}) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState("");
  const scroller = useRef<HTMLDivElement>(null);
  const jobs = useMemo(() => flow.nodes.filter((node) => node.kind === "job"), [flow]);
  const wanted = filter.normalize("NFKC").toLowerCase();
  const rows = flow.nodes.filter((node) => node.path !== "" && node.path.toLowerCase().includes(wanted));
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const inside = (node: FlowNode) =>
    node.kind === "job" ? [node] : jobs.filter((job) => job.path.startsWith(`${node.path}:`));
  const set = (paths: string[], on: boolean) => {
    const next = new Set(off);
    for (const path of paths) {
      if (on) next.delete(path);
      else next.add(path);
    }
    onChange(next);
  };
  const only = (paths: ReadonlySet<string>) =>
    onChange(new Set(jobs.map((job) => job.path).filter((path) => !paths.has(path))));
  return (
    <>
      <div className={classes.bar}>
        <TextInput
          aria-label={t("graph.find")}
          placeholder={t("graph.find")}
          leftSection={<Search size={14} />}
          value={filter}
          onChange={(event) => setFilter(event.currentTarget.value)}
        />
        <Button variant="default" onClick={() => onChange(new Set())}>
          {t("execute.all")}
        </Button>
        <Button variant="default" onClick={() => only(new Set())}>
          {t("execute.none")}
        </Button>
      </div>
      <div className={classes.jobs} ref={scroller}>
        <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {virtual.getVirtualItems().map((item) => {
            const node = rows[item.index];
            if (!node) return null;
            const own = inside(node);
            const running = own.filter((job) => !off.has(job.path)).length;
            return (
              <div
                key={node.path}
                className={classes.job}
                style={{
                  position: "absolute",
                  left: 0,
                  right: 0,
                  top: item.start,
                  paddingLeft: (node.path.split(":").length - 1) * 20,
                }}
              >
                <Checkbox
                  className={classes.jobName}
                  label={node.id}
                  checked={running === own.length && own.length > 0}
                  indeterminate={running > 0 && running < own.length}
                  onChange={(event) =>
                    set(
                      own.map((job) => job.path),
                      event.currentTarget.checked,
                    )
                  }
                />
                <span className="muted">{node.type}</span>
                <Menu>
                  <Menu.Target>
                    <ActionIcon variant="subtle" size={24} aria-label={t("action.moreOf", { name: node.path })}>
                      <Ellipsis size={14} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    {(["only", "ancestors", "descendants"] as const).map((reach) => (
                      <Menu.Item key={reach} onClick={() => only(reached(flow, node.path, reach))}>
                        {t(`execute.pick.${reach}`)}
                      </Menu.Item>
                    ))}
                    <Menu.Divider />
                    {([true, false] as const).map((on) => (
                      <Fragment key={String(on)}>
                        <Menu.Label>{t(on ? "execute.enable" : "execute.disable")}</Menu.Label>
                        {KIN.map((which) => (
                          <Menu.Item key={which} onClick={() => set([...kin(flow, node.path, which)], on)}>
                            {t(`execute.kin.${which}`)}
                          </Menu.Item>
                        ))}
                      </Fragment>
                    ))}
                  </Menu.Dropdown>
                </Menu>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

import { ActionIcon, Menu, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Ellipsis, Search } from "lucide-react";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path as resource } from "../api/client";
import type { Flow, Layout } from "../api/types";
import { useParams } from "../navigation";
import { Async } from "../ui/Async";
import { saveFile } from "../ui/files";
import { showProblem } from "../ui/toast";
import classes from "./Graph.module.css";
import { GraphCanvas, type GraphHandle } from "./GraphCanvas";
import { type GraphActs, GraphMenu } from "./GraphMenu";
import { GraphTools } from "./GraphTools";
import { JobTree } from "./JobTree";

interface Props {
  project: string;
  flow: Flow;
  statuses?: ReadonlyMap<string, string>;
  disabled?: ReadonlySet<string>;
  /** The nodes that decide when the flow ends; asked for only while they are shown. */
  critical: ReadonlySet<string> | null;
  onOpen: (path: string) => void;
  /** About the selected node, beside the graph. */
  panel: (path: string) => ReactNode;
  /** Entries of the page in a node's menu. */
  menu: (path: string) => ReactNode;
}

const NONE: ReadonlyMap<string, string> = new Map();
const NOBODY: ReadonlySet<string> = new Set();

/** A flow as a graph: the server places it; what is folded, selected, turned and marked is in the address. */
export function FlowGraph(props: Props) {
  const { project, flow, statuses = NONE, disabled = NOBODY, critical, onOpen, panel, menu } = props;
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const expand = search.expand ?? "";
  const direction = search.direction === "right" ? "right" : "down";
  const query = useQuery({
    queryKey: ["layout", project, flow.flow, flow.version, expand, direction],
    queryFn: ({ signal }) =>
      get<Layout>(
        resource("/projects/{}/flows/{}/layout", project, flow.flow),
        { version: flow.version, expand, direction },
        signal,
      ),
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
  const labels = useMemo(
    () =>
      new Map(
        flow.nodes.map((node) => [
          node.path,
          { id: node.id, isFlow: node.kind === "flow", condition: node.condition !== null },
        ]),
      ),
    [flow],
  );
  const flows = useMemo(
    () => flow.nodes.filter((node) => node.kind === "flow" && node.path !== "").map((node) => node.path),
    [flow],
  );
  const [find, setFind] = useState("");
  const hits = useMemo(() => {
    const wanted = find.normalize("NFKC").toLowerCase().trim();
    if (!wanted) return null;
    return new Set(flow.nodes.filter((node) => node.path.toLowerCase().includes(wanted)).map((node) => node.path));
  }, [find, flow]);
  const handle = useRef<GraphHandle>(null);
  const [open, setOpen] = useState<{ path: string | null; x: number; y: number } | null>(null);
  const selected = search.node ?? null;
  const list = "list" in search;
  const select = (path: string | null) => setSearch({ node: path ?? undefined });
  const opened = new Set(expand === "*" ? flows : expand.split(",").filter(Boolean));
  const acts: GraphActs = {
    toggle: (path) => {
      if (!labels.get(path)?.isFlow) return;
      if (opened.has(path)) {
        for (const each of opened) if (each === path || each.startsWith(`${path}:`)) opened.delete(each);
      } else opened.add(path);
      setSearch({ expand: [...opened].join(",") || undefined });
    },
    expand: (levels) => {
      const shown = flows.filter((path) => path.split(":").length <= levels);
      setSearch({ expand: (shown.length === flows.length ? shown.length && "*" : shown.join(",")) || undefined });
    },
    center: (path) => (path === null ? handle.current?.fit() : handle.current?.center(path)),
  };
  const show = (path: string) => {
    select(path);
    handle.current?.show(path);
  };
  const save = async (kind: "png" | "svg") => {
    const blob = await handle.current?.picture(kind);
    if (!blob) throw new Error(t("graph.noPicture"));
    saveFile(blob, `${flow.flow}.${kind}`);
  };
  const entries = (path: string | null) => (
    <GraphMenu
      project={project}
      flow={flow}
      path={path}
      expanded={path !== null && opened.has(path)}
      acts={acts}
      own={menu}
    />
  );
  return (
    <Async query={query}>
      {(layout) => (
        <div className={classes.area} data-panel={selected !== null || undefined} data-list={list || undefined}>
          {list && (
            <JobTree
              flow={flow}
              statuses={statuses}
              hits={hits}
              selected={selected}
              onSelect={show}
              onMenu={(path, at) => setOpen({ path, ...at })}
            />
          )}
          <div className={classes.drawing}>
            <GraphCanvas
              layout={layout}
              labels={labels}
              statuses={statuses}
              disabled={disabled}
              hits={hits}
              critical={critical}
              selected={selected}
              label={t("graph.label", { flow: flow.flow })}
              onSelect={select}
              onOpen={onOpen}
              onToggle={acts.toggle}
              onMenu={(path, at) => setOpen({ path, ...at })}
              handle={handle}
            />
            <TextInput
              className={classes.find}
              data-filter=""
              aria-label={t("graph.find")}
              placeholder={t("graph.find")}
              leftSection={<Search size={14} />}
              value={find}
              onChange={(event) => setFind(event.currentTarget.value)}
              onKeyDown={(event) => {
                const first = event.key === "Enter" && hits && layout.nodes.find((node) => hits.has(node.path));
                if (first) show(first.path);
              }}
            />
            <div className={classes.tools}>
              <GraphTools
                list={list}
                onList={() => setSearch({ list: list ? undefined : "" })}
                folding={flows.length === 0 ? "none" : expand ? "open" : "folded"}
                onFold={() => acts.expand(expand ? 0 : Number.POSITIVE_INFINITY)}
                direction={direction}
                onTurn={() => setSearch({ direction: direction === "down" ? "right" : undefined })}
                critical={"critical" in search}
                onCritical={() => setSearch({ critical: "critical" in search ? undefined : "" })}
                onZoom={(factor) => handle.current?.zoom(factor)}
                onFit={() => handle.current?.fit()}
                onSave={(kind) => void save(kind).catch(showProblem)}
              />
            </div>
            {layout.simple && <div className={classes.note}>{t("graph.simple")}</div>}
          </div>
          {selected !== null && (
            <aside className={classes.panel} aria-label={selected}>
              <Menu>
                <Menu.Target>
                  <ActionIcon
                    className={classes.panelMenu}
                    variant="subtle"
                    size={26}
                    aria-label={t("action.moreOf", { name: selected })}
                  >
                    <Ellipsis size={16} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>{entries(selected)}</Menu.Dropdown>
              </Menu>
              {panel(selected)}
            </aside>
          )}
          <Menu opened={open !== null} onClose={() => setOpen(null)} position="bottom-start">
            <Menu.Target>
              <button
                type="button"
                tabIndex={-1}
                className={classes.anchor}
                aria-label={open?.path ?? t("graph.label", { flow: flow.flow })}
                style={{ left: open?.x ?? 0, top: open?.y ?? 0, visibility: open ? "visible" : "hidden" }}
              />
            </Menu.Target>
            <Menu.Dropdown>{open && entries(open.path)}</Menu.Dropdown>
          </Menu>
        </div>
      )}
    </Async>
  );
}

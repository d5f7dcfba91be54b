import { ActionIcon, Menu, TextInput, Tooltip } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import {
  ArrowDown,
  ArrowRight,
  Camera,
  FoldVertical,
  Maximize,
  Search,
  UnfoldVertical,
  ZoomIn,
  ZoomOut,
} from "lucide-react";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path as resource } from "../api/client";
import type { Flow, Layout } from "../api/types";
import { useParams } from "../navigation";
import { Async } from "../ui/Async";
import classes from "./Graph.module.css";
import { GraphCanvas, type GraphHandle } from "./GraphCanvas";

interface Props {
  project: string;
  flow: Flow;
  statuses?: ReadonlyMap<string, string>;
  disabled?: ReadonlySet<string>;
  onOpen: (path: string) => void;
  /** About the selected node, beside the graph. */
  panel?: (path: string) => ReactNode;
  /** Entries of a node's menu. */
  menu: (path: string) => ReactNode;
}

const NONE: ReadonlyMap<string, string> = new Map();
const NOBODY: ReadonlySet<string> = new Set();

/** A flow as a graph: the server places it, what is folded, selected and turned is in the address. */
export function FlowGraph({ project, flow, statuses = NONE, disabled = NOBODY, onOpen, panel, menu }: Props) {
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
  const [open, setOpen] = useState<{ path: string; x: number; y: number } | null>(null);
  const selected = search.node ?? null;
  const select = (path: string | null) => setSearch({ node: path ?? undefined });
  const toggle = (path: string) => {
    if (!labels.get(path)?.isFlow) return;
    const opened = new Set(expand === "*" ? flows : expand.split(",").filter(Boolean));
    if (opened.has(path)) {
      for (const each of opened) if (each === path || each.startsWith(`${path}:`)) opened.delete(each);
    } else opened.add(path);
    setSearch({ expand: [...opened].join(",") || undefined });
  };
  const save = async () => {
    const blob = await handle.current?.picture();
    if (!blob) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${flow.flow}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  const tool = (label: string, icon: ReactNode, act: () => void) => (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={30} aria-label={label} onClick={act}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <Async query={query}>
      {(layout) => (
        <div className={classes.area} data-panel={(panel && selected !== null) || undefined}>
          <div className={classes.drawing}>
            <GraphCanvas
              layout={layout}
              labels={labels}
              statuses={statuses}
              disabled={disabled}
              hits={hits}
              selected={selected}
              label={t("graph.label", { flow: flow.flow })}
              onSelect={select}
              onOpen={onOpen}
              onToggle={toggle}
              onMenu={(path, at) => path !== null && setOpen({ path, ...at })}
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
                if (!first) return;
                select(first.path);
                handle.current?.show(first.path);
              }}
            />
            <div className={classes.tools}>
              {flows.length > 0 &&
                tool(
                  t(expand ? "graph.foldAll" : "graph.unfoldAll"),
                  expand ? <FoldVertical size={16} /> : <UnfoldVertical size={16} />,
                  () => setSearch({ expand: expand ? undefined : "*" }),
                )}
              {tool(t("graph.turn"), direction === "down" ? <ArrowDown size={16} /> : <ArrowRight size={16} />, () =>
                setSearch({ direction: direction === "down" ? "right" : undefined }),
              )}
              {tool(t("graph.zoomIn"), <ZoomIn size={16} />, () => handle.current?.zoom(1.25))}
              {tool(t("graph.zoomOut"), <ZoomOut size={16} />, () => handle.current?.zoom(0.8))}
              {tool(t("graph.fit"), <Maximize size={16} />, () => handle.current?.fit())}
              {tool(t("graph.picture"), <Camera size={16} />, () => void save())}
            </div>
            {layout.simple && <div className={classes.note}>{t("graph.simple")}</div>}
          </div>
          {panel && selected !== null && (
            <aside className={classes.panel} aria-label={selected}>
              {panel(selected)}
            </aside>
          )}
          <Menu opened={open !== null} onClose={() => setOpen(null)} position="bottom-start">
            <Menu.Target>
              <span style={{ position: "fixed", left: open?.x ?? 0, top: open?.y ?? 0 }} />
            </Menu.Target>
            <Menu.Dropdown>{open && menu(open.path)}</Menu.Dropdown>
          </Menu>
        </div>
      )}
    </Async>
  );
}

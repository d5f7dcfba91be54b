import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Flow } from "../api/types";
import { StatusIcon, useStatusWord } from "../status/Status";
import classes from "./Graph.module.css";

const ROW_PX = 26;

interface Props {
  flow: Flow;
  statuses: ReadonlyMap<string, string>;
  /** What the search found; `null` without a search. */
  hits: ReadonlySet<string> | null;
  selected: string | null;
  onSelect: (path: string) => void;
  onMenu: (path: string, at: { x: number; y: number }) => void;
}

/** The jobs of the graph as a list: filtered by the same search, with the same selection and the same menu. */
export function JobTree({ flow, statuses, hits, selected, onSelect, onMenu }: Props) {
  const { t } = useTranslation();
  const word = useStatusWord();
  const scroller = useRef<HTMLDivElement>(null);
  const rows = flow.nodes.filter((node) => node.path !== "" && (hits === null || hits.has(node.path)));
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  });
  const at = rows.findIndex((row) => row.path === selected);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at, { align: "auto" });
  }, [at, virtual]);
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
      if (next) onSelect(next.path);
    } else if (((event.key === "F10" && event.shiftKey) || event.key === "ContextMenu") && selected !== null) {
      const box = (event.target as HTMLElement).getBoundingClientRect();
      onMenu(selected, { x: box.left + 40, y: box.top + ROW_PX });
    } else return;
    event.preventDefault();
  };
  return (
    <div
      ref={scroller}
      className={classes.tree}
      role="listbox"
      aria-label={t("flow.jobs")}
      tabIndex={0}
      onKeyDown={key}
      aria-activedescendant={at >= 0 ? `tree-${at}` : undefined}
    >
      {rows.length === 0 && <div className={classes.none}>{t("graph.noHit")}</div>}
      <div style={{ height: virtual.getTotalSize(), position: "relative" }}>
        {virtual.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (!row) return null;
          const status = statuses.get(row.path);
          return (
            <div
              key={row.path}
              id={`tree-${item.index}`}
              role="option"
              tabIndex={-1}
              aria-selected={row.path === selected}
              className={classes.treeRow}
              style={{
                transform: `translateY(${item.start}px)`,
                height: ROW_PX,
                paddingLeft: 8 + 14 * (row.path.split(":").length - 1),
              }}
              title={row.path}
              onClick={() => onSelect(row.path)}
              onKeyDown={undefined}
              onContextMenu={(event) => {
                event.preventDefault();
                onMenu(row.path, { x: event.clientX, y: event.clientY });
              }}
            >
              {status && (
                <span role="img" aria-label={word(status)} className={classes.treeIcon}>
                  <StatusIcon status={status} size={14} />
                </span>
              )}
              <span className={row.kind === "flow" ? classes.treeFlow : undefined}>{row.id}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
}

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { Fragment, type KeyboardEvent, memo, type ReactNode, useEffect, useRef } from "react";
import { useGo } from "../navigation";
import { useKeys } from "../shell/keys";
import classes from "./ui.module.css";

export interface Column<R> {
  key: string;
  head: ReactNode;
  cell: (row: R) => ReactNode;
  /** Figures, on one right edge. */
  num?: boolean;
  /** On phones: the card's first line, or not at all. */
  phone?: "main" | "never";
  /** The parameter's value for this order, without the sign of a descending one. */
  sort?: string;
}

interface Props<R> {
  label: string;
  columns: Column<R>[];
  rows: R[];
  id: (row: R) => string | number;
  /** Where Enter on a row leads. */
  href?: (row: R) => string;
  sort?: string | undefined;
  onSort?: (sort: string) => void;
  /** More rows can be had. */
  onEnd?: (() => void) | undefined;
  /** The id of a row that is marked and brought into view. */
  current?: string | number | undefined;
  /** Shown under a row, over its whole width. */
  below?: (row: R) => ReactNode;
}

const ROW_PX = 37;
/** Below this all rows are drawn. */
const WINDOW_FROM = 80;

/** A table that draws only the rows in view, for the keyboard as well as for the mouse. */
export function DataTable<R>(props: Props<R>) {
  const { label, columns, rows, id, href, sort, onSort, onEnd, below, current } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const windowed = rows.length > WINDOW_FROM && !below;
  const virtual = useWindowVirtualizer({
    count: windowed ? rows.length : 0,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
  });
  const items = windowed ? virtual.getVirtualItems() : [];
  const first = windowed ? (items[0]?.index ?? 0) : 0;
  const last = windowed ? (items.at(-1)?.index ?? -1) : rows.length - 1;

  const marked = current === undefined ? -1 : rows.findIndex((row) => id(row) === current);
  useEffect(() => {
    if (marked < 0) return;
    if (windowed) virtual.scrollToIndex(marked, { align: "auto" });
    else body.current?.querySelector("tr[data-current]")?.scrollIntoView({ block: "nearest" });
  }, [marked, windowed, virtual]);

  const atEnd = last >= rows.length - 10 && rows.length > 0;
  useEffect(() => {
    if (atEnd) onEnd?.();
  }, [atEnd, onEnd]);

  const move = (step: number) => {
    const all = [...(body.current?.querySelectorAll<HTMLElement>("tr[data-row]") ?? [])];
    const at = all.indexOf(document.activeElement?.closest("tr[data-row]") as HTMLElement);
    all[Math.min(all.length - 1, Math.max(0, at + step))]?.focus();
  };
  const select = () => {
    const row = document.activeElement?.closest("tr[data-row]");
    row?.querySelector<HTMLInputElement>("input[type=checkbox]:not(:disabled)")?.click();
  };
  useKeys("table", {
    j: ["keys.nextRow", () => move(1)],
    k: ["keys.previousRow", () => move(-1)],
    ...(columns.some((column) => column.key === "chosen") && { x: ["keys.selectRow", select] as const }),
  } as Parameters<typeof useKeys>[1]);
  return (
    <table className={classes.table} aria-label={label} aria-rowcount={rows.length + 1}>
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody ref={body}>
        {windowed && first > 0 && <tr aria-hidden="true" style={{ height: first * ROW_PX }} />}
        {rows.slice(first, last + 1).map((row, offset) => {
          const under = below?.(row);
          return (
            <Fragment key={id(row)}>
              <Row row={row} columns={columns} index={first + offset} href={href} marked={first + offset === marked} />
              {under && (
                <tr>
                  <td colSpan={columns.length}>{under}</td>
                </tr>
              )}
            </Fragment>
          );
        })}
        {windowed && last < rows.length - 1 && (
          <tr aria-hidden="true" style={{ height: (rows.length - 1 - last) * ROW_PX }} />
        )}
      </tbody>
    </table>
  );
}

interface RowProps<R> {
  row: R;
  columns: Column<R>[];
  index: number;
  href: ((row: R) => string) | undefined;
  marked: boolean;
}

/** A row is drawn again only if it, or how it is drawn, has changed: not when its neighbours scroll. */
const Row = memo(function Row<R>({ row, columns, index, href, marked }: RowProps<R>) {
  const go = useGo();
  const enter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.target !== event.currentTarget || !href) return;
    event.preventDefault();
    go(href(row));
  };
  return (
    <tr data-row="" data-current={marked || undefined} tabIndex={-1} aria-rowindex={index + 2} onKeyDown={enter}>
      {columns.map((column) => {
        const phone = column.phone === "main" ? classes.main : column.phone === "never" ? classes.wideOnly : "";
        return (
          <td key={column.key} className={`${column.num ? classes.num : ""} ${phone}`}>
            {column.cell(row)}
          </td>
        );
      })}
    </tr>
  );
}) as <R>(props: RowProps<R>) => ReactNode;

interface HeadProps<R> {
  column: Column<R>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<R>({ column, sort, onSort }: HeadProps<R>) {
  const name = column.sort;
  const order =
    name === undefined ? undefined : sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
  return (
    <th scope="col" className={column.num ? classes.num : ""} aria-sort={order}>
      {name !== undefined && onSort ? (
        <button
          type="button"
          className={classes.sort}
          onClick={() => onSort(order === "descending" ? name : `-${name}`)}
        >
          {column.head} {order === "ascending" && <ArrowUp size={12} />}
          {order === "descending" && <ArrowDown size={12} />}
        </button>
      ) : (
        column.head
      )}
    </th>
  );
}

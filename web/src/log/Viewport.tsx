import {
  type ClipboardEvent,
  type KeyboardEvent,
  memo,
  type PointerEvent,
  type Ref,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import { type Folds, marker, message } from "./groups";
import classes from "./Log.module.css";
import { pieces } from "./lines";
import { isScaled, LINE_PX, lineAt, scrollHeight, scrollTopOf } from "./scroll";
import type { Log } from "./useLog";

export interface ViewportHandle {
  /** Brings a line into view, a third from the top. */
  show: (line: number) => void;
  end: () => void;
}

interface Props {
  log: Log;
  wrap: boolean;
  /** Shows what the logger wrote before each line. */
  prefix: boolean;
  folds: Folds;
  /** Folds or unfolds the group that a line begins. */
  onFold: (line: number) => void;
  /** Lines worth marking beside the scroll bar. */
  marks: readonly number[];
  label: string;
  selected: [number, number] | null;
  spans: ReadonlyMap<number, number[][]>;
  current: number | null;
  onSelect: (range: [number, number]) => void;
  /** Whether the last line is in view. */
  onBottom: (bottom: boolean) => void;
  /** Copies the selected lines; there is nothing else that is selected. */
  onCopy: () => void;
  handle: Ref<ViewportHandle>;
}

/** Shows the lines in view and no others, however many there are. */
export function Viewport(props: Props) {
  const { log, wrap, prefix, folds, onFold, marks, label, selected, spans, current } = props;
  const { onSelect, onBottom, onCopy, handle } = props;
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  // Places are counted without what is folded.
  const total = log.total - folds.hidden;
  const width = String(log.total).length;
  const anchor = useRef(0);

  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const measure = () => setView({ top: element.scrollTop, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const scrollTo = (line: number) => {
    const element = scroller.current;
    if (!element) return;
    element.scrollTop = scrollTopOf(Math.max(0, line), total, element.clientHeight);
  };
  useImperativeHandle(handle, () => ({
    show: (line) => scrollTo(folds.place(line) - Math.floor((scroller.current?.clientHeight ?? 600) / LINE_PX / 3)),
    end: () => {
      const element = scroller.current;
      if (element) element.scrollTop = element.scrollHeight;
    },
  }));

  // One notch of the wheel is some lines, also where a pixel of the bar is many.
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const wheel = (event: WheelEvent) => {
      if (!isScaled(total, element.clientHeight) || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      const line = lineAt(element.scrollTop, total, element.clientHeight);
      element.scrollTop = scrollTopOf(line + event.deltaY / LINE_PX, total, element.clientHeight);
    };
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  }, [total]);

  const scrolled = () => {
    const element = scroller.current;
    if (!element) return;
    setView({ top: element.scrollTop, height: element.clientHeight });
    onBottom(element.scrollTop + element.clientHeight >= element.scrollHeight - LINE_PX);
  };
  const exact = lineAt(view.top, total, view.height);
  const first = Math.max(0, Math.min(Math.floor(exact), total - 1));
  const count = Math.ceil(view.height / LINE_PX) + 2;
  const places = Array.from({ length: Math.max(0, Math.min(count + 1, total - first)) }, (_, index) =>
    folds.line(first + index),
  );
  const shown = linesAt(log, places);
  // At the end of a wrapped log the lines hang on the lower edge, so that the last one is whole.
  const atEnd = wrap && view.top + view.height >= scrollHeight(total, view.height) - 1;
  const extend = (line: number) => onSelect([Math.min(anchor.current, line), Math.max(anchor.current, line)]);
  const press = (event: PointerEvent, line: number) => {
    // Numbers are dragged over, not marked as text.
    event.preventDefault();
    event.currentTarget.releasePointerCapture(event.pointerId);
    if (event.shiftKey && selected) return extend(line);
    anchor.current = line;
    onSelect([line, line]);
  };
  const copy = (event: ClipboardEvent) => {
    if (!selected || !window.getSelection()?.isCollapsed) return;
    event.preventDefault();
    onCopy();
  };
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: count - 3, PageUp: 3 - count }[event.key];
    if (step === undefined || !isScaled(total, view.height)) return;
    event.preventDefault();
    scrollTo(exact + step);
  };
  return (
    <>
      <div
        ref={scroller}
        className={classes.scroller}
        tabIndex={0}
        role="log"
        aria-label={label}
        aria-live="off"
        onScroll={scrolled}
        onKeyDown={key}
        onCopy={copy}
      >
        <div className={classes.all} style={{ height: scrollHeight(total, view.height) }}>
          <div
            className={`${classes.lines} ${wrap ? classes.wrapped : ""}`}
            style={atEnd ? { bottom: 0 } : { top: view.top - (exact - first) * LINE_PX }}
          >
            {shown.map((text, index) => {
              const line = places[index] ?? 0;
              const folded = folds.at(line);
              const begins = text !== undefined && marker(text) === "begin";
              return (
                <div
                  key={line}
                  className={classes.line}
                  data-selected={(selected && line >= selected[0] && line <= selected[1]) || undefined}
                  data-current={line === current || undefined}
                >
                  <button
                    type="button"
                    tabIndex={-1}
                    className={classes.number}
                    style={{ minWidth: `${width + 2}ch` }}
                    onPointerDown={(event) => press(event, line)}
                    onPointerEnter={(event) => event.buttons === 1 && extend(line)}
                  >
                    {line + 1}
                  </button>
                  {begins && (
                    <button
                      type="button"
                      className={classes.groupFold}
                      aria-expanded={!folded}
                      aria-label={t("log.group")}
                      onClick={() => onFold(line)}
                    >
                      {folded ? "▸" : "▾"}
                    </button>
                  )}
                  <Text line={text} spans={spans.get(line)} prefix={prefix} />
                  {folded && (
                    <span className={classes.foldCount}>
                      {t("log.folded", { count: folded.last - folded.first + 1 })}
                    </span>
                  )}
                </div>
              );
            })}
          </div>
        </div>
      </div>
      <div className={classes.scrubber} aria-hidden="true">
        {marks.map((line) => (
          <button
            key={line}
            type="button"
            tabIndex={-1}
            className={classes.scrub}
            data-current={line === current || undefined}
            style={{ top: `${(100 * folds.place(line)) / Math.max(1, total)}%` }}
            onClick={() => scrollTo(folds.place(line) - Math.floor(view.height / LINE_PX / 3))}
          />
        ))}
      </div>
    </>
  );
}

/** The texts of some lines, which ascend; asked for in runs, since pages are. */
function linesAt(log: Log, lines: number[]): (string | undefined)[] {
  const found: (string | undefined)[] = [];
  for (let at = 0; at < lines.length; ) {
    const first = lines[at] ?? 0;
    let length = 1;
    while (lines[at + length] === first + length) length += 1;
    found.push(...log.lines(first, first + length - 1));
    at += length;
  }
  return found;
}

/** One line: looks from its escape sequences, or marks where a search hit. Text nodes only. */
const Text = memo(function Text(props: { line: string | undefined; spans: number[][] | undefined; prefix: boolean }) {
  const { spans } = props;
  if (props.line === undefined) return <span className={classes.missing}>…</span>;
  // Where a hit is marked the line is whole, since the hit may be in what stands before.
  const { clock, text } = props.prefix || spans ? { clock: "", text: props.line } : message(props.line);
  const line = clock ? `${clock} ${text}` : text;
  if (spans) return <span>{marked(line, spans)}</span>;
  return (
    <span>
      {pieces(line).map((piece, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: pieces have no identity but their place
        <span key={index} className={piece.looks.map((look) => classes[look]).join(" ") || undefined}>
          {piece.text}
        </span>
      ))}
    </span>
  );
});

/** The spans of a hit are counted in the raw line, so it is shown raw. */
function marked(line: string, spans: number[][]) {
  const parts: React.ReactNode[] = [];
  let at = 0;
  for (const [start = 0, end = 0] of spans) {
    if (start > at) parts.push(line.slice(at, start));
    parts.push(<mark key={start}>{line.slice(Math.max(at, start), end)}</mark>);
    at = Math.max(at, end);
  }
  parts.push(line.slice(at));
  return parts;
}

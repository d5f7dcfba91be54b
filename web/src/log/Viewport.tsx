import {
  type KeyboardEvent,
  type MouseEvent,
  memo,
  type Ref,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
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
  label: string;
  selected: [number, number] | null;
  spans: ReadonlyMap<number, number[][]>;
  current: number | null;
  onSelect: (range: [number, number]) => void;
  /** Whether the last line is in view. */
  onBottom: (bottom: boolean) => void;
  handle: Ref<ViewportHandle>;
}

/** Shows the lines in view and no others, however many there are. */
export function Viewport({ log, wrap, label, selected, spans, current, onSelect, onBottom, handle }: Props) {
  const scroller = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const { total } = log;
  const width = String(total).length;

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
    show: (line) => scrollTo(line - Math.floor((scroller.current?.clientHeight ?? 600) / LINE_PX / 3)),
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
  const shown = log.lines(first, first + count);
  // At the end of a wrapped log the lines hang on the lower edge, so that the last one is whole.
  const atEnd = wrap && view.top + view.height >= scrollHeight(total, view.height) - 1;
  const click = (event: MouseEvent, line: number) =>
    onSelect(event.shiftKey && selected ? [Math.min(selected[0], line), Math.max(selected[0], line)] : [line, line]);
  const key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: count - 3, PageUp: 3 - count }[event.key];
    if (step === undefined || !isScaled(total, view.height)) return;
    event.preventDefault();
    scrollTo(exact + step);
  };
  return (
    <div
      ref={scroller}
      className={classes.scroller}
      tabIndex={0}
      role="log"
      aria-label={label}
      aria-live="off"
      onScroll={scrolled}
      onKeyDown={key}
    >
      <div className={classes.all} style={{ height: scrollHeight(total, view.height) }}>
        <div
          className={`${classes.lines} ${wrap ? classes.wrapped : ""}`}
          style={atEnd ? { bottom: 0 } : { top: view.top - (exact - first) * LINE_PX }}
        >
          {shown.map((text, index) => {
            const line = first + index;
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
                  onClick={(event) => click(event, line)}
                >
                  {line + 1}
                </button>
                <Text line={text} spans={spans.get(line)} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** One line: looks from its escape sequences, or marks where a search hit. Text nodes only. */
const Text = memo(function Text({ line, spans }: { line: string | undefined; spans: number[][] | undefined }) {
  if (line === undefined) return <span className={classes.missing}>…</span>;
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

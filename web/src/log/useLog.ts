import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { address, get, path } from "../api/client";
import type { LogPage } from "../api/types";

export const PAGE_LINES = 500;
/** Pages held: about 60 MB of long lines, far more than anybody scrolls back over. */
const HELD = 120;
/** The end of a growing log is read again at most this often; the first news after a pause are read at once. */
const TAIL_MS = 200;

export interface Log {
  lines: (first: number, last: number) => (string | undefined)[];
  total: number;
  bytes: number;
  complete: boolean;
  /** The beginning was rolled away. */
  rolled: boolean;
  error: unknown;
  loaded: boolean;
}

/** A log, page by page as it is looked at, and its end while it grows. */
export function useLog(id: number, job: string | null, attempt: number | undefined): Log {
  const queries = useQueryClient();
  const key = useMemo(() => ["log", id, job ?? "", attempt ?? -1], [id, job, attempt]);
  const [pages] = useState(() => new Map<number, LogPage>());
  const [head, setHead] = useState<LogPage | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [, redraw] = useState(0);
  const resource = path("/executions/{}/logs/page", id);

  const read = useCallback(
    async (page: number) => {
      const found = await queries.fetchQuery({
        queryKey: [...key, page],
        queryFn: ({ signal }) => get<LogPage>(resource, { job, attempt, page }, signal),
        staleTime: 0,
        gcTime: 0,
      });
      pages.delete(found.page);
      pages.set(found.page, found);
      for (const old of pages.keys()) {
        if (pages.size <= HELD) break;
        pages.delete(old);
      }
      setHead((before) => (before && before.totalLines > found.totalLines ? before : found));
      setError(null);
      redraw((count) => count + 1);
      return found;
    },
    [queries, key, resource, job, attempt, pages],
  );

  useEffect(() => {
    let stopped = false;
    pages.clear();
    setHead(null);
    setError(null);
    read(-1).catch((problem) => !stopped && setError(problem));
    return () => {
      stopped = true;
    };
  }, [read, pages]);

  // While it grows the server tells when; what it tells is read as a page, so that there is one way to get lines.
  const growing = head !== null && !head.complete;
  useEffect(() => {
    if (!growing || document.hidden) return;
    const source = new EventSource(address(path("/executions/{}/logs/stream", id), { job, attempt, text: false }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const again = () => {
      timer ??= setTimeout(
        () => {
          timer = undefined;
          last = performance.now();
          read(-1).catch(setError);
        },
        Math.max(0, last + TAIL_MS - performance.now()),
      );
    };
    // Between the last page and the stream's beginning something may have been written.
    source.addEventListener("open", again);
    source.addEventListener("log", again);
    source.addEventListener("end", () => {
      source.close();
      again();
    });
    return () => {
      source.close();
      clearTimeout(timer);
    };
  }, [growing, id, job, attempt, read]);

  const asked = useMemo(() => new Set<number>(), []);
  const total = head?.totalLines ?? 0;
  const lines = (first: number, last: number): (string | undefined)[] => {
    const found: (string | undefined)[] = [];
    for (let line = first; line <= Math.min(last, total - 1); line += 1) {
      const number = Math.floor(line / PAGE_LINES);
      const page = pages.get(number);
      const text = page?.lines[line - page.firstLine];
      if (text === undefined && !asked.has(number)) {
        asked.add(number);
        read(number)
          .catch(setError)
          .finally(() => asked.delete(number));
      }
      found.push(text);
    }
    return found;
  };
  return {
    lines,
    total,
    bytes: head?.totalBytes ?? 0,
    complete: head?.complete ?? false,
    rolled: head?.rolled ?? false,
    error,
    loaded: head !== null,
  };
}

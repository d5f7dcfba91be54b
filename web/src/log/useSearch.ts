import { useEffect, useState } from "react";
import { lines, path } from "../api/client";
import type { LogHit } from "../api/types";

export interface Hits {
  /** Lines with a hit, ascending. */
  lines: number[];
  spans: Map<number, number[][]>;
  done: boolean;
  truncated: boolean;
  error: unknown;
}

const NONE: Hits = { lines: [], spans: new Map(), done: true, truncated: false, error: null };

export interface SearchOptions {
  text: string;
  regex: boolean;
  matchCase: boolean;
}

const PAUSE_MS = 250;

/** Searches a whole log on the server; hits come while it searches. */
export function useSearch(id: number, job: string | null, attempt: number | undefined, options: SearchOptions): Hits {
  const { text, regex, matchCase } = options;
  const [hits, setHits] = useState<Hits>(NONE);
  useEffect(() => {
    if (!text) {
      setHits(NONE);
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      const found: Hits = { lines: [], spans: new Map(), done: false, truncated: false, error: null };
      let shown = 0;
      const show = () => {
        shown = performance.now();
        setHits({ ...found });
      };
      try {
        const query = { job, attempt, q: text, regex, case: matchCase, limit: 10_000 };
        for await (const hit of lines<LogHit>(path("/executions/{}/logs/search", id), query, stop.signal)) {
          if ("end" in hit) found.truncated = hit.truncated;
          else {
            if (!found.spans.has(hit.line)) found.lines.push(hit.line);
            found.spans.set(hit.line, hit.spans);
            if (performance.now() - shown > 100) show();
          }
        }
        found.done = true;
      } catch (error) {
        if (stop.signal.aborted) return;
        found.done = true;
        found.error = error;
      }
      show();
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [id, job, attempt, text, regex, matchCase]);
  return hits;
}

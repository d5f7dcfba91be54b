import type { QueryFunctionContext } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Counted } from "../../api/types";

/** Counts are looked at, not watched: the server goes through all that fits for them. */
const COUNTS_MS = 30_000;

/** The query that counts what fits a filter of the API; apart from the rows, which alone are live. */
export function countsOf(filter: Record<string, string | number | undefined>) {
  return {
    queryKey: ["exec-counts", JSON.stringify(filter)],
    queryFn: ({ signal }: QueryFunctionContext) =>
      get<Counted>("/executions", { ...filter, facets: true, limit: 1 }, signal),
    staleTime: COUNTS_MS,
    refetchInterval: COUNTS_MS,
  };
}

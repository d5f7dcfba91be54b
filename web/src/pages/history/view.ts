import { type Search, stringifySearch } from "../../search";

/** What a view of the history consists of: its address without what changes by turning pages, in one order. */
export function viewOf(search: Search): string {
  const kept = Object.entries(search).filter(([key, value]) => !["page", "size", "search"].includes(key) && value);
  return stringifySearch(Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1)))).replace(/^\?/, "");
}

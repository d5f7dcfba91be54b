/** Query strings as Azkaban's URLs have them: plain text values, and keys without a value (`&permissions`). */

export type Search = Record<string, string>;

/** Of a key that comes several times the first value counts, as in Azkaban. */
export function parseSearch(text: string): Search {
  const found: Search = {};
  for (const [key, value] of new URLSearchParams(text)) if (!(key in found)) found[key] = value;
  return found;
}

/** `""` becomes a bare key; `undefined` leaves its key out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts: string[] = [];
  for (const [key, value] of Object.entries(search)) {
    if (value === undefined || value === null) continue;
    const pair = new URLSearchParams([[key, String(value)]]).toString();
    parts.push(value === "" ? pair.slice(0, -1) : pair);
  }
  return parts.length ? `?${parts.join("&")}` : "";
}

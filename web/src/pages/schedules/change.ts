import type { ExecuteRequest } from "../../api/types";

type Notify = NonNullable<ExecuteRequest["notify"]>;

/** Only what is different, key by key: what a change does not name stays on the server. */
export interface OptionsChange extends Omit<ExecuteRequest, "notify" | "only"> {
  notify?: Partial<Notify>;
}

const same = (a: unknown, b: unknown) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

/** The same with the keys of objects in order. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** What `after` has that `before` has not; `undefined` if that is nothing. */
export function changedOptions(before: ExecuteRequest, after: ExecuteRequest): OptionsChange | undefined {
  const change: OptionsChange = {};
  if (!same(before.failureAction ?? null, after.failureAction ?? null))
    change.failureAction = after.failureAction ?? null;
  if (after.concurrency && !same(before.concurrency, after.concurrency)) change.concurrency = after.concurrency;
  if (!same([...(before.disabled ?? [])].sort(), [...(after.disabled ?? [])].sort()))
    change.disabled = after.disabled ?? [];
  if (!same(before.properties ?? {}, after.properties ?? {})) change.properties = after.properties ?? {};
  if (!same(before.jobProperties ?? {}, after.jobProperties ?? {})) change.jobProperties = after.jobProperties ?? {};
  const notify: Partial<Notify> = {};
  for (const key of ["firstFailure", "lastFailure", "failureEmails", "successEmails"] as const) {
    if (after.notify && !same(before.notify?.[key], after.notify[key]))
      Object.assign(notify, { [key]: after.notify[key] });
  }
  if (Object.keys(notify).length > 0) change.notify = notify;
  return Object.keys(change).length > 0 ? change : undefined;
}

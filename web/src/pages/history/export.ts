import { all } from "../../api/client";
import type { Execution } from "../../api/types";
import { absolute } from "../../time/format";
import { csv } from "../../ui/files";

const HEAD = ["id", "project", "flow", "version", "status", "user", "submitted", "started", "ended", "duration_ms"];

/** Everything that fits a filter as CSV, as far as lists are read; times in the zone that is shown. @throws Problem */
export async function exportCsv(filter: Record<string, string | number | undefined>, sort: string, zone: string) {
  const { items, nextCursor } = await all<Execution>("/executions", { ...filter, sort });
  const rows = items.map((row) => {
    const length = row.startedAt !== null && row.endedAt !== null ? row.endedAt - row.startedAt : null;
    const times = [row.submittedAt, row.startedAt, row.endedAt].map((at) => (at === null ? null : absolute(at, zone)));
    return [row.id, row.project, row.flow, row.version, row.status, row.user, ...times, length];
  });
  return { file: csv([HEAD, ...rows]), count: rows.length, complete: nextCursor === null };
}

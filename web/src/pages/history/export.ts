import { get } from "../../api/client";
import type { Execution, Page } from "../../api/types";
import { absolute } from "../../time/format";
import { csv } from "../../ui/files";

/** Rows in a file, at most. */
export const MOST_ROWS = 10_000;

const HEAD = ["id", "project", "flow", "version", "status", "user", "submitted", "started", "ended", "duration_ms"];

/** Everything that fits a filter as CSV, at most `MOST_ROWS` rows; times in the zone that is shown. @throws Problem */
export async function exportCsv(filter: Record<string, string | number | undefined>, sort: string, zone: string) {
  const rows: (string | number | null)[][] = [];
  let cursor: string | null = "";
  while (cursor !== null && rows.length < MOST_ROWS) {
    const page: Page<Execution> = await get<Page<Execution>>("/executions", { ...filter, sort, cursor, limit: 200 });
    for (const row of page.items) {
      const length = row.startedAt !== null && row.endedAt !== null ? row.endedAt - row.startedAt : null;
      const times = [row.submittedAt, row.startedAt, row.endedAt].map((at) =>
        at === null ? null : absolute(at, zone),
      );
      rows.push([row.id, row.project, row.flow, row.version, row.status, row.user, ...times, length]);
    }
    cursor = page.nextCursor;
  }
  return { file: csv([HEAD, ...rows]), count: rows.length, complete: cursor === null };
}

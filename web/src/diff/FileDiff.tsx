import { useQuery } from "@tanstack/react-query";
import { Fragment, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { getText, path } from "../api/client";
import type { Diff } from "../api/types";
import { Async } from "../ui/Async";
import { Empty } from "../ui/Empty";
import ui from "../ui/ui.module.css";
import classes from "./Diff.module.css";
import { diffLines, hunks } from "./lines";

/** Unchanged lines shown around a change. */
const CONTEXT = 3;
/** Larger files are for a program of their own; the archive can be downloaded. */
const LARGEST = 1024 * 1024;
/** More rows are drawn only if somebody asks. */
const ROWS = 1_500;

interface Props {
  project: string;
  from: number;
  to: number;
  file: Diff["files"][number];
}

/** One file of two versions, line by line. */
export function FileDiff({ project, from, to, file }: Props) {
  const { t } = useTranslation();
  const tooLarge = Math.max(file.sizeBefore ?? 0, file.sizeAfter ?? 0) > LARGEST;
  const shown = !file.binary && !tooLarge;
  const query = useQuery({
    queryKey: ["file-diff", project, from, to, file.path],
    queryFn: ({ signal }) => {
      const text = (version: number, size: number | null) =>
        size === null
          ? Promise.resolve("")
          : getText(path("/projects/{}/versions/{}/files/{}", project, version, file.path), signal);
      return Promise.all([text(from, file.sizeBefore), text(to, file.sizeAfter)]);
    },
    staleTime: Number.POSITIVE_INFINITY,
    enabled: shown,
  });
  if (!shown) return <Empty title={t(tooLarge ? "diff.tooLarge" : "diff.binary")} />;
  return <Async query={query}>{([before, after]) => <Lines before={before} after={after} />}</Async>;
}

function Lines({ before, after }: { before: string; after: string }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  const [unfolded, setUnfolded] = useState<ReadonlySet<number>>(new Set());
  const lines = useMemo(() => diffLines(before, after), [before, after]);
  const rows = useMemo(() => hunks(lines, CONTEXT), [lines]);
  const drawn = all ? rows : rows.slice(0, ROWS);
  const row = (line: (typeof lines)[number]) => (
    <tr key={`${line.before} ${line.after}`} data-kind={line.kind}>
      <td className={classes.number}>{line.before}</td>
      <td className={classes.number}>{line.after}</td>
      <td className={classes.sign}>{line.kind === "added" ? "+" : line.kind === "removed" ? "−" : ""}</td>
      <td className={classes.text}>{line.text}</td>
    </tr>
  );
  if (lines.every((line) => line.kind === "same")) return <Empty title={t("diff.onlyEnds")} />;
  return (
    <div className={classes.scroller}>
      <table className={classes.table}>
        <tbody>
          {drawn.map((line) =>
            "text" in line ? (
              row(line)
            ) : unfolded.has(line.from) ? (
              <Fragment key={`all ${line.from}`}>{lines.slice(line.from, line.from + line.skipped).map(row)}</Fragment>
            ) : (
              <tr key={`skipped ${line.from}`} className={classes.skipped}>
                <td colSpan={4}>
                  <button
                    type="button"
                    className={ui.linkButton}
                    onClick={() => setUnfolded(new Set(unfolded).add(line.from))}
                  >
                    {t("diff.same", { count: line.skipped })}
                  </button>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
      {drawn.length < rows.length && (
        <button type="button" className={ui.linkButton} onClick={() => setAll(true)}>
          {t("diff.more", { count: rows.length - drawn.length })}
        </button>
      )}
    </div>
  );
}

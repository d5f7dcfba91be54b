import { Group, Modal } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Diff } from "../../api/types";
import { FileDiff } from "../../diff/FileDiff";
import { useParams } from "../../navigation";
import { bytes } from "../../time/format";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import classes from "./VersionDiff.module.css";

const SIGN = { added: "+", removed: "−", modified: "±" } as const;

interface Props {
  project: string;
  from: number;
  to: number;
  /** What can be done with it. */
  action?: ReactNode;
  onClose: () => void;
}

/** What differs between two versions: the files, and the text of the one that is chosen. */
export function VersionDiff({ project, from, to, action, onClose }: Props) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useParams();
  const query = useQuery({
    queryKey: ["diff", project, from, to],
    queryFn: ({ signal }) => get<Diff>(path("/projects/{}/diff", project), { from, to }, signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const size = (count: number | null) => (count === null ? "" : bytes(count, i18n.language));
  return (
    <Modal opened onClose={onClose} size={1200} title={t("version.diff", { from, to })}>
      <Async query={query}>
        {({ files, flows }) => {
          const chosen =
            files.find((file) => file.path === search.file) ?? files.find((file) => !file.binary) ?? files[0];
          return (
            <>
              {(["added", "removed", "modified"] as const).map(
                (kind) =>
                  flows[kind].length > 0 && (
                    <p key={kind}>
                      {t(`version.flows.${kind}`)} {flows[kind].join(", ")}
                    </p>
                  ),
              )}
              {!chosen ? (
                <Empty title={t("version.same")} />
              ) : (
                <div className={classes.area}>
                  <ul className={classes.files} aria-label={t("version.files")}>
                    {files.map((file) => (
                      <li key={file.path}>
                        <button
                          type="button"
                          className={classes.file}
                          aria-current={file === chosen || undefined}
                          title={`${t(`version.${file.change}`)} · ${file.path} · ${size(file.sizeBefore)} → ${size(file.sizeAfter)}`}
                          onClick={() => setSearch({ file: file.path })}
                        >
                          <span className={classes.change} data-change={file.change} aria-hidden="true">
                            {SIGN[file.change]}
                          </span>
                          <span className="visually-hidden">{t(`version.${file.change}`)}</span>
                          <span className={classes.path}>{file.path}</span>
                        </button>
                      </li>
                    ))}
                  </ul>
                  <FileDiff key={chosen.path} project={project} from={from} to={to} file={chosen} />
                </div>
              )}
            </>
          );
        }}
      </Async>
      {action && (
        <Group justify="flex-end" mt="md">
          {action}
        </Group>
      )}
    </Modal>
  );
}

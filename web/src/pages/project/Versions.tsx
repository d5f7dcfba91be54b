import { Button, Checkbox } from "@mantine/core";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, get, path, write } from "../../api/client";
import { refreshVersion } from "../../api/queries";
import type { Page, Project, Uploaded, Version } from "../../api/types";
import { useParams } from "../../navigation";
import { bytes } from "../../time/format";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { say } from "../../ui/toast";
import ui from "../../ui/ui.module.css";
import { may } from "./Project";
import classes from "./Project.module.css";
import { VersionDiff } from "./VersionDiff";

/** Every upload; two of them can be compared, an old one can become the newest again. */
export function Versions({ project }: { project: Project }) {
  const { t, i18n } = useTranslation();
  const [search, setSearch] = useParams();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<number[]>([]);
  const query = useInfiniteQuery({
    queryKey: ["versions", project.name],
    queryFn: ({ pageParam, signal }) =>
      get<Page<Version>>(path("/projects/{}/versions", project.name), { cursor: pageParam }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
  });
  const close = () => setSearch({ diff: undefined, rollback: undefined, file: undefined });
  const rollback = useMutation({
    mutationFn: (version: number) =>
      write<Uploaded>("POST", path("/projects/{}/versions/{}/rollback", project.name, version)),
    onSuccess: ({ version }) => {
      say(t("version.rolledBack", { version }));
      close();
      refreshVersion(queries, project.name);
    },
  });
  const toggle = (version: number) =>
    setChosen((old) => (old.includes(version) ? old.filter((each) => each !== version) : [...old, version].slice(-2)));
  const compare = () => {
    const [a, b] = [...chosen].sort((x, y) => x - y);
    setSearch({ diff: `${a}-${b}` }, { push: true });
  };
  const columns: Column<Version>[] = [
    {
      key: "chosen",
      head: <span className="visually-hidden">{t("action.select")}</span>,
      phone: "never",
      cell: (version) => (
        <Checkbox
          aria-label={t("version.select", { version: version.version })}
          checked={chosen.includes(version.version)}
          onChange={() => toggle(version.version)}
        />
      ),
    },
    {
      key: "version",
      head: t("version.version"),
      phone: "main",
      cell: (version) => (
        <span>
          <strong>v{version.version}</strong> {version.current && <span className="muted">{t("version.current")}</span>}
        </span>
      ),
    },
    { key: "at", head: t("version.uploaded"), cell: (version) => <Time at={version.uploadedAt} /> },
    { key: "by", head: t("version.by"), cell: (version) => version.uploader },
    { key: "file", head: t("version.file"), phone: "never", cell: (version) => version.fileName },
    { key: "size", head: t("version.size"), num: true, cell: (version) => bytes(version.size, i18n.language) },
    {
      key: "actions",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      num: true,
      cell: (version) => (
        <span className={classes.actions}>
          {!version.current && !version.purged && may(project, "WRITE") && (
            <Button
              variant="default"
              size="compact-sm"
              onClick={() => setSearch({ diff: `${project.version}-${version.version}`, rollback: "" }, { push: true })}
            >
              {t("version.rollback")}
            </Button>
          )}
          {!version.purged && (
            <Button
              component="a"
              href={address(path("/projects/{}/versions/{}/archive", project.name, version.version))}
              variant="subtle"
              size="compact-sm"
              aria-label={t("version.download", { version: version.version })}
            >
              <Download size={14} />
            </Button>
          )}
        </span>
      ),
    },
  ];
  const pair = /^(\d+)-(\d+)$/.exec(search.diff ?? "");
  return (
    <>
      <div className={ui.toolbar}>
        <Button variant="default" disabled={chosen.length !== 2} onClick={compare}>
          {t("version.compare")}
        </Button>
        <span className="muted">{t("version.compareHint")}</span>
      </div>
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title={t("version.none")} />;
          return (
            <DataTable
              label={t("project.versions")}
              columns={columns}
              rows={rows}
              id={(version) => version.version}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
            />
          );
        }}
      </Async>
      {pair && (
        <VersionDiff
          project={project.name}
          from={Number(pair[1])}
          to={Number(pair[2])}
          action={
            "rollback" in search &&
            may(project, "WRITE") && (
              <Button loading={rollback.isPending} onClick={() => rollback.mutate(Number(pair[2]))}>
                {t("version.rollbackTo", { version: pair[2] })}
              </Button>
            )
          }
          onClose={close}
        />
      )}
    </>
  );
}

import { Button, Group } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import { useProject } from "../../api/queries";
import type { Job as Data } from "../../api/types";
import { A, to } from "../../navigation";
import { Async } from "../../ui/Async";
import { DataTable } from "../../ui/DataTable";
import { PageFrame } from "../../ui/PageFrame";
import { may } from "../project/Project";
import classes from "./Job.module.css";
import { JobTrend } from "./JobTrend";
import { OverrideEditor } from "./OverrideEditor";
import { useJobHistory } from "./useJobHistory";

/** A job: its properties, where each comes from, and what it hangs on. */
export default function Job({ project, flow, job }: { project: string; flow: string; job: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [editing, setEditing] = useState(false);
  const details = useProject(project);
  const resource = path("/projects/{}/flows/{}/jobs/{}", project, flow, job);
  const query = useQuery({
    queryKey: ["project", project, "job", flow, job],
    queryFn: ({ signal }) => get<Data>(resource, {}, signal),
  });
  const save = useMutation({
    mutationFn: (properties: Record<string, string>) => write<Data>("PUT", `${resource}/override`, { properties }),
    onSuccess: (data) => {
      queries.setQueryData(["project", project, "job", flow, job], data);
      setEditing(false);
    },
  });
  const links = (paths: string[]) =>
    paths.length === 0
      ? "–"
      : paths.map((each, index) => (
          <span key={each}>
            {index > 0 && ", "}
            <A href={to.job(project, flow, each)}>{each}</A>
          </span>
        ));
  const data = query.data;
  const canEdit = details.data !== undefined && may(details.data, "WRITE") && data?.kind === "job";
  return (
    <PageFrame
      title={job}
      crumbs={[
        { text: t("nav.projects"), href: to.projects() },
        { text: project, href: to.project(project) },
        { text: flow, href: to.flow(project, flow) },
      ]}
      facts={data && <span>{data.type}</span>}
      actions={
        <>
          {canEdit && (
            <Button variant="default" leftSection={<Pencil size={14} />} onClick={() => setEditing(true)}>
              {t("job.override")}
            </Button>
          )}
          <Button variant="default" component={A} href={to.jobHistory(project, job, flow)}>
            {t("job.history")}
          </Button>
        </>
      }
    >
      <Async query={query}>
        {(found) => (
          <>
            <dl className={classes.facts}>
              <dt>{t("job.dependsOn")}</dt>
              <dd>{links(found.dependsOn)}</dd>
              <dt>{t("job.dependents")}</dt>
              <dd>{links(found.dependents)}</dd>
              {found.condition && (
                <>
                  <dt>{t("job.condition")}</dt>
                  <dd className="mono">{found.condition}</dd>
                </>
              )}
              {found.source && (
                <>
                  <dt>{t("job.source")}</dt>
                  <dd>{found.source}</dd>
                </>
              )}
            </dl>
            {found.kind === "job" && <History project={project} flow={flow} job={job} />}
            {editing && (
              <OverrideEditor
                job={found}
                saving={save.isPending}
                onSave={(properties) => save.mutate(properties)}
                onClose={() => setEditing(false)}
              />
            )}
            <DataTable
              label={t("job.properties")}
              rows={found.properties}
              id={(row) => `${row.key} ${row.origin.file}`}
              columns={[
                {
                  key: "key",
                  head: t("job.key"),
                  phone: "main",
                  cell: (row) => <span className="mono">{row.key}</span>,
                },
                {
                  key: "value",
                  head: t("job.value"),
                  cell: (row) => (
                    <span className={`mono ${classes.value}`}>
                      {row.value}
                      {row.original !== null && <del className="muted">{row.original}</del>}
                    </span>
                  ),
                },
                {
                  key: "origin",
                  head: t("job.origin"),
                  cell: (row) => (
                    <Group gap={6}>
                      <span className="muted">
                        {t(`job.origins.${row.origin.kind as "job"}`, { defaultValue: row.origin.kind })}
                      </span>
                      {row.origin.file}
                    </Group>
                  ),
                },
              ]}
            />
          </>
        )}
      </Async>
    </PageFrame>
  );
}

/** Nothing where the job never ran. */
function History({ project, flow, job }: { project: string; flow: string; job: string }) {
  const { data } = useJobHistory(project, flow, job);
  return data && data.items.length > 1 ? <JobTrend job={job} items={data.items} /> : null;
}

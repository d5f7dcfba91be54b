import { ActionIcon, Button, Menu, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Download, Ellipsis, Pencil, Upload } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { address, path, write } from "../../api/client";
import { useProject } from "../../api/queries";
import type { Project as Data } from "../../api/types";
import { to, useTab } from "../../navigation";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { PageFrame, type Tab } from "../../ui/PageFrame";
import { Star } from "../../ui/Star";
import { DeleteProject } from "./DeleteProject";
import { Drop } from "./Drop";
import { Flows } from "./Flows";
import { Permissions } from "./Permissions";
import classes from "./Project.module.css";
import { ProjectLog } from "./ProjectLog";
import { Properties } from "./Properties";
import { UploadDialog } from "./UploadDialog";
import { Versions } from "./Versions";

type Name = "flows" | "versions" | "properties" | "permissions" | "logs";

/** Whether the user may do it: by a right of one's own or as the project's administrator. */
export function may(project: Pick<Data, "permissions">, right: string): boolean {
  return project.permissions.includes(right) || project.permissions.includes("ADMIN");
}

export default function Project({ project: name, tab: fixed }: { project: string; tab?: "permissions" | "logs" }) {
  const { t } = useTranslation();
  const query = useProject(name);
  const [hash] = useTab<Name>(["flows", "versions", "properties"]);
  const [file, setFile] = useState<File | "choose" | null>(null);
  const [remove, setRemove] = useState(false);
  const tab = fixed ?? hash;
  const project = query.data;
  const canUpload = project !== undefined && may(project, "WRITE") && !project.uploadLocked;
  const tabs: Tab<Name>[] = [
    { id: "flows", text: t("project.flows"), href: to.project(name, "flows") },
    { id: "versions", text: t("project.versions"), href: to.project(name, "versions") },
    { id: "properties", text: t("project.properties"), href: to.project(name, "properties") },
    { id: "permissions", text: t("project.permissions"), href: to.permissions(name) },
    { id: "logs", text: t("project.log"), href: to.projectLog(name) },
  ];
  return (
    <Drop enabled={canUpload} onFile={setFile}>
      <PageFrame
        title={name}
        beside={<Star project={name} />}
        crumbs={[{ text: t("nav.projects"), href: to.projects() }]}
        tabs={tabs}
        tab={tab}
        facts={project && <Facts project={project} />}
        actions={
          project && (
            <>
              {canUpload && (
                <Button leftSection={<Upload size={16} />} onClick={() => setFile("choose")}>
                  {t("project.upload")}
                </Button>
              )}
              <Menu>
                <Menu.Target>
                  <ActionIcon variant="default" size={30} aria-label={t("action.more")}>
                    <Ellipsis size={16} />
                  </ActionIcon>
                </Menu.Target>
                <Menu.Dropdown>
                  <Menu.Item
                    component="a"
                    href={address(path("/projects/{}/versions/{}/archive", name, project.version))}
                    leftSection={<Download size={14} />}
                    disabled={project.version < 1}
                  >
                    {t("project.download")}
                  </Menu.Item>
                  {may(project, "ADMIN") && (
                    <Menu.Item color="red" onClick={() => setRemove(true)}>
                      {t("project.delete")}
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            </>
          )
        }
      >
        <Async query={query}>
          {(data) => (
            <>
              {tab === "flows" && <Flows project={data} onUpload={canUpload ? () => setFile("choose") : undefined} />}
              {tab === "versions" && <Versions project={data} />}
              {tab === "properties" && <Properties project={data} />}
              {tab === "permissions" && <Permissions project={data} />}
              {tab === "logs" && <ProjectLog project={data.name} />}
            </>
          )}
        </Async>
      </PageFrame>
      {file !== null && (
        <UploadDialog project={name} first={file === "choose" ? null : file} onClose={() => setFile(null)} />
      )}
      {project && <DeleteProject project={project} opened={remove} onClose={() => setRemove(false)} />}
    </Drop>
  );
}

function Facts({ project }: { project: Data }) {
  const { t } = useTranslation();
  return (
    <>
      <Description project={project} />
      {project.version > 0 && <span>{t("project.version", { version: project.version })}</span>}
      <span>
        <Time at={project.modifiedAt} /> · {project.modifiedBy}
      </span>
      <span>{t("project.yours", { permissions: project.permissions.join(", ") || "–" })}</span>
    </>
  );
}

/** The description, changed in place by those who may. */
function Description({ project }: { project: Data }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [edited, setEdited] = useState<string | null>(null);
  const save = useMutation({
    mutationFn: (description: string) => write<Data>("PATCH", path("/projects/{}", project.name), { description }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["project", project.name] });
      setEdited(null);
    },
  });
  if (edited === null) {
    return (
      <span>
        {project.description}
        {may(project, "WRITE") && (
          <button
            type="button"
            className={classes.edit}
            aria-label={t("project.editDescription")}
            onClick={() => setEdited(project.description ?? "")}
          >
            <Pencil size={12} />
          </button>
        )}
      </span>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate(edited.trim());
  };
  return (
    <form onSubmit={submit} className={classes.description}>
      <Textarea
        autosize
        autoFocus
        aria-label={t("projects.description")}
        value={edited}
        onChange={(event) => setEdited(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setEdited(null)}
      />
      <Button type="submit" loading={save.isPending}>
        {t("action.save")}
      </Button>
      <Button variant="default" onClick={() => setEdited(null)}>
        {t("action.cancel")}
      </Button>
    </form>
  );
}

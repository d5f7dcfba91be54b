import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path } from "../../api/client";
import type { Project } from "../../api/types";
import { Async } from "../../ui/Async";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Project.module.css";

interface File {
  path: string;
  inherits: string | null;
  properties: Record<string, string>;
}

/** The property files of the archive, each with what it inherits from. */
export function Properties({ project }: { project: Project }) {
  const { t } = useTranslation();
  const [filter, setFilter] = useState("");
  const query = useQuery({
    queryKey: ["properties", project.name],
    queryFn: ({ signal }) =>
      get<{ version: number; files: File[] }>(path("/projects/{}/properties", project.name), {}, signal),
  });
  const wanted = filter.toLowerCase();
  return (
    <Async query={query}>
      {({ files }) =>
        files.length === 0 ? (
          <Empty title={t("properties.none")}>{t("properties.noneNext")}</Empty>
        ) : (
          <>
            <div className={ui.toolbar}>
              <TextInput
                data-filter=""
                aria-label={t("properties.filter")}
                placeholder={t("properties.filter")}
                leftSection={<Search size={14} />}
                value={filter}
                onChange={(event) => setFilter(event.currentTarget.value)}
              />
            </div>
            {files.map((file) => {
              const shown = Object.entries(file.properties).filter(([key, value]) =>
                `${key}=${value}`.toLowerCase().includes(wanted),
              );
              return (
                shown.length > 0 && (
                  <section key={file.path} className={classes.section}>
                    <h2>
                      {file.path}
                      {file.inherits && (
                        <span className="muted">{t("properties.inherits", { file: file.inherits })}</span>
                      )}
                    </h2>
                    <table className={ui.table}>
                      <tbody>
                        {shown.map(([key, value]) => (
                          <tr key={key}>
                            <td className={`mono ${classes.key}`}>{key}</td>
                            <td className={`mono ${classes.value}`}>{value}</td>
                          </tr>
                        ))}
                      </tbody>
                    </table>
                  </section>
                )
              );
            })}
          </>
        )
      }
    </Async>
  );
}

import { ActionIcon, Autocomplete, Button, Checkbox } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { Grants, KnownNames, Permission, Project } from "../../api/types";
import { boot } from "../../boot";
import { Async } from "../../ui/Async";
import ui from "../../ui/ui.module.css";
import { may } from "./Project";
import classes from "./Project.module.css";

const RIGHTS = ["ADMIN", "READ", "WRITE", "EXECUTE", "SCHEDULE"] as const;

type Kind = "users" | "groups";

export function Permissions({ project }: { project: Project }) {
  const query = useQuery({
    queryKey: ["project", project.name, "permissions"],
    queryFn: ({ signal }) => get<Grants>(path("/projects/{}/permissions", project.name), {}, signal),
  });
  return (
    <Async query={query}>
      {(grants) => (
        <>
          <Matrix project={project} kind="users" grants={grants} />
          <Matrix project={project} kind="groups" grants={grants} />
          <Proxies project={project} grants={grants} />
        </>
      )}
    </Async>
  );
}

/** Keeps the answer of every change, which is the whole matrix again. */
function useChange(project: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ method, resource, body }: { method: "PUT" | "DELETE"; resource: string; body?: unknown }) =>
      write<Grants>(method, resource, body),
    onSuccess: (grants) => {
      queries.setQueryData(["project", project, "permissions"], grants);
      void queries.invalidateQueries({ queryKey: ["project", project], exact: true });
    },
  });
}

/** Names to choose from; whoever is not among them can be typed. */
function useNames(kind: keyof KnownNames, enabled: boolean): string[] {
  const { data } = useQuery({
    queryKey: ["names"],
    queryFn: ({ signal }) => get<KnownNames>("/names", {}, signal),
    staleTime: 60_000,
    enabled,
  });
  return data?.[kind] ?? [];
}

function Matrix({ project, kind, grants }: { project: Project; kind: Kind; grants: Grants }) {
  const { t } = useTranslation();
  const change = useChange(project.name);
  const [name, setName] = useState("");
  const editable = may(project, "ADMIN");
  const rows = grants[kind];
  const known = useNames(kind, editable);
  const admins = grants.users.filter((user) => user.permissions.includes("ADMIN"));
  const put = (who: string, permissions: readonly Permission[]) =>
    change.mutate({
      method: permissions.length ? "PUT" : "DELETE",
      resource: path(`/projects/{}/permissions/${kind}/{}`, project.name, who),
      ...(permissions.length && { body: { permissions } }),
    });
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    put(name.trim(), ["READ"]);
    setName("");
  };
  return (
    <section className={classes.section}>
      <h2>{t(`permissions.${kind}`)}</h2>
      <table className={ui.table} aria-label={t(`permissions.${kind}`)}>
        <thead>
          <tr>
            <th scope="col">{t("permissions.name")}</th>
            {RIGHTS.map((right) => (
              <th key={right} scope="col" title={t(`permissions.explain.${right}`)}>
                {t(`permissions.${right}`)}
              </th>
            ))}
            <th scope="col" />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const admin = row.permissions.includes("ADMIN");
            const own = kind === "users" && row.name === boot.user;
            // Whoever is the last administrator stays it, and nobody locks out himself.
            const fixed = !editable || own || (kind === "users" && admin && admins.length === 1);
            return (
              <tr key={row.name}>
                <td className={ui.main}>
                  <strong>{row.name}</strong> {own && <span className="muted">{t("permissions.you")}</span>}
                </td>
                {RIGHTS.map((right) => (
                  <td key={right}>
                    <Checkbox
                      aria-label={t("permissions.cell", { name: row.name, right: t(`permissions.${right}`) })}
                      checked={admin || row.permissions.includes(right)}
                      disabled={fixed || (admin && right !== "ADMIN")}
                      onChange={(event) =>
                        put(
                          row.name,
                          event.currentTarget.checked
                            ? [...row.permissions, right]
                            : row.permissions.filter((each) => each !== right),
                        )
                      }
                    />
                  </td>
                ))}
                <td className={ui.num}>
                  {!fixed && (
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("permissions.remove", { name: row.name })}
                      onClick={() => put(row.name, [])}
                    >
                      <X size={14} />
                    </ActionIcon>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {rows.length === 0 && <p className="muted">{t("permissions.none")}</p>}
      {editable && (
        <form onSubmit={add} className={ui.foot}>
          <Autocomplete
            aria-label={t(`permissions.add.${kind}`)}
            placeholder={t(`permissions.add.${kind}`)}
            data={known.filter((each) => !rows.some((row) => row.name === each))}
            limit={20}
            value={name}
            onChange={setName}
          />
          <Button type="submit" variant="default" loading={change.isPending}>
            {t("action.add")}
          </Button>
        </form>
      )}
    </section>
  );
}

function Proxies({ project, grants }: { project: Project; grants: Grants }) {
  const { t } = useTranslation();
  const change = useChange(project.name);
  const [name, setName] = useState("");
  const editable = may(project, "ADMIN");
  const known = useNames("proxyUsers", editable);
  const resource = (who: string) => path("/projects/{}/proxy-users/{}", project.name, who);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    change.mutate({ method: "PUT", resource: resource(name.trim()) });
    setName("");
  };
  return (
    <section className={classes.section}>
      <h2>{t("permissions.proxies")}</h2>
      <p className="muted">{t("permissions.proxiesText")}</p>
      {grants.proxyUsers.map((proxy) => (
        <div key={proxy} className={classes.job}>
          {proxy}
          {editable && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("permissions.remove", { name: proxy })}
              onClick={() => change.mutate({ method: "DELETE", resource: resource(proxy) })}
            >
              <X size={14} />
            </ActionIcon>
          )}
        </div>
      ))}
      {editable && (
        <form onSubmit={add} className={ui.foot}>
          <Autocomplete
            aria-label={t("permissions.add.proxies")}
            placeholder={t("permissions.add.proxies")}
            data={known.filter((each) => !grants.proxyUsers.includes(each))}
            limit={20}
            value={name}
            onChange={setName}
          />
          <Button type="submit" variant="default">
            {t("action.add")}
          </Button>
        </form>
      )}
    </section>
  );
}

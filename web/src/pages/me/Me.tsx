import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Session } from "../../api/types";
import { Async } from "../../ui/Async";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";

/** Who the user is to the server. */
export default function Me() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["session"], queryFn: ({ signal }) => get<Session>("/session", {}, signal) });
  const list = (values: string[]) => values.join(", ") || "–";
  return (
    <PageFrame title={t("nav.me")}>
      <Async query={query}>
        {({ user, permissions }) => (
          <table className={ui.table}>
            <tbody>
              {(
                [
                  [t("me.name"), user.name],
                  [t("me.email"), user.email ?? "–"],
                  [t("me.groups"), list(user.groups)],
                  [t("me.roles"), list(user.roles)],
                  [t("me.permissions"), list(permissions)],
                ] as const
              ).map(([name, value]) => (
                <tr key={name}>
                  <td className="muted">{name}</td>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </Async>
    </PageFrame>
  );
}

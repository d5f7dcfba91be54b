import { Button } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { UserSession } from "../../api/types";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { say } from "../../ui/toast";
import ui from "../../ui/ui.module.css";
import classes from "./Admin.module.css";

/** Where a user is logged in, with a way to end it. */
export function Sessions({ user }: { user: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["sessions", user],
    queryFn: ({ signal }) => get<{ items: UserSession[] }>(path("/users/{}/sessions", user), {}, signal),
  });
  const end = useMutation({
    mutationFn: (id: string | null) =>
      write("DELETE", id === null ? path("/users/{}/sessions", user) : path("/users/{}/sessions/{}", user, id)),
    onSuccess: () => {
      say(t("sessions.ended"));
      void queries.invalidateQueries({ queryKey: ["sessions"] });
      void queries.invalidateQueries({ queryKey: ["users"] });
    },
  });
  return (
    <Async query={query} rows={2}>
      {({ items }) =>
        items.length === 0 ? (
          <p className="muted">{t("sessions.none")}</p>
        ) : (
          <>
            <table className={ui.table} aria-label={t("sessions.title")}>
              <thead>
                <tr>
                  <th scope="col">{t("sessions.ip")}</th>
                  <th scope="col">{t("sessions.since")}</th>
                  <th scope="col">{t("sessions.used")}</th>
                  <th scope="col">
                    <span className="visually-hidden">{t("action.actions")}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {items.map((session) => (
                  <tr key={session.id}>
                    <td className={ui.main}>
                      <span className="mono">{session.ip}</span>{" "}
                      {session.current && (
                        <span className={classes.tag} data-family="ok">
                          {t("sessions.current")}
                        </span>
                      )}
                    </td>
                    <td>
                      <Time at={session.createdAt} />
                    </td>
                    <td>
                      <Time at={session.usedAt} />
                    </td>
                    <td>
                      <span className={classes.right}>
                        {!session.current && (
                          <Button
                            variant="subtle"
                            size="compact-sm"
                            leftSection={<LogOut size={14} />}
                            onClick={() => end.mutate(session.id)}
                          >
                            {t("sessions.end")}
                          </Button>
                        )}
                      </span>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
            {items.filter((session) => !session.current).length > 1 && (
              <Button
                mt="xs"
                variant="default"
                size="compact-sm"
                loading={end.isPending}
                onClick={() => end.mutate(null)}
              >
                {items.some((session) => session.current) ? t("sessions.endOthers") : t("sessions.endAll")}
              </Button>
            )}
          </>
        )
      }
    </Async>
  );
}

import { SegmentedControl, Select, Switch } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Session } from "../../api/types";
import { boot } from "../../boot";
import { LANGUAGES, type Language, setLanguage } from "../../i18n";
import { type Preferences, setPreference, usePreference } from "../../preferences";
import { SCHEMES, useScheme } from "../../theme/useScheme";
import { Async } from "../../ui/Async";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import classes from "../admin/Admin.module.css";
import { Sessions } from "../admin/Sessions";
import { TokenList } from "../admin/TokenList";

/** Who the user is to the server, where they are logged in, their tokens and tastes. */
export default function Me() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey: ["session"], queryFn: ({ signal }) => get<Session>("/session", {}, signal) });
  const list = (values: string[]) => values.join(", ") || "–";
  return (
    <PageFrame title={t("nav.me")}>
      <section className={classes.section}>
        <Async query={query}>
          {({ user, permissions }) => (
            <Facts
              rows={[
                [t("me.name"), user.name],
                [t("me.email"), user.email ?? "–"],
                [t("me.groups"), list(user.groups)],
                [t("me.roles"), list(user.roles)],
                [t("me.permissions"), list(permissions)],
              ]}
            />
          )}
        </Async>
      </section>
      <section className={classes.section}>
        <h2>{t("me.preferences")}</h2>
        <Tastes />
      </section>
      <section className={classes.section}>
        <h2>{t("sessions.title")}</h2>
        <Sessions user={boot.user} />
      </section>
      <section className={classes.section}>
        <h2>{t("admin.tokens")}</h2>
        <TokenList />
      </section>
    </PageFrame>
  );
}

function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <table className={ui.table}>
      <tbody>
        {rows.map(([name, value]) => (
          <tr key={name}>
            <td className="muted" style={{ width: 240 }}>
              {name}
            </td>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** What this browser remembers. */
function Tastes() {
  const { t, i18n } = useTranslation();
  const zone = usePreference("zone");
  const [scheme, setScheme] = useScheme();
  const keys = usePreference("keys");
  return (
    <Facts
      rows={[
        [
          t("me.zone"),
          <Select
            key="zone"
            aria-label={t("me.zone")}
            w={260}
            allowDeselect={false}
            value={zone}
            onChange={(value) => setPreference("zone", (value ?? "server") as Preferences["zone"])}
            data={(["server", "browser", "utc"] as const).map((value) => ({ value, label: t(`zone.${value}`) }))}
          />,
        ],
        [
          t("nav.colors"),
          <SegmentedControl
            key="scheme"
            aria-label={t("nav.colors")}
            value={scheme}
            onChange={(value) => setScheme(value as Preferences["scheme"])}
            data={SCHEMES.map((value) => ({ value, label: t(`scheme.${value}`) }))}
          />,
        ],
        [
          t("nav.language"),
          <SegmentedControl
            key="language"
            aria-label={t("nav.language")}
            value={i18n.language}
            onChange={(value) => void setLanguage(value as Language)}
            data={LANGUAGES}
          />,
        ],
        [
          t("nav.singleKeys"),
          <Switch
            key="keys"
            aria-label={t("nav.singleKeys")}
            checked={keys === "on"}
            onChange={(event) => setPreference("keys", event.currentTarget.checked ? "on" : "off")}
          />,
        ],
      ]}
    />
  );
}

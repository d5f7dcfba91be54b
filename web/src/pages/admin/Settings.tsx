import { SegmentedControl, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useDeferredValue } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Setting } from "../../api/types";
import { useParams } from "../../navigation";
import { Async } from "../../ui/Async";
import { Dash } from "../../ui/Dash";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Admin.module.css";
import { AdminFrame } from "./AdminFrame";
import { type Kind, sections } from "./settings";

const KINDS: Kind[] = ["all", "set", "idle"];

/** Every key of the configuration: what it is set to, where, and what it means. */
export default function Settings() {
  return <AdminFrame tab="settings">{() => <List />}</AdminFrame>;
}

function List() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const term = search.q ?? "";
  const q = useDeferredValue(term);
  const kind = KINDS.find((each) => each in search) ?? "all";
  const query = useQuery({
    queryKey: ["settings"],
    queryFn: ({ signal }) => get<{ items: Setting[] }>("/settings", {}, signal),
  });
  return (
    <>
      <div className={ui.toolbar}>
        <SegmentedControl
          aria-label={t("settings.which")}
          value={kind}
          onChange={(value) => setSearch({ all: undefined, set: undefined, idle: undefined, [value]: "" })}
          data={KINDS.map((value) => ({ value, label: t(`settings.${value}`) }))}
        />
        <TextInput
          data-filter=""
          className={classes.filter}
          aria-label={t("settings.filter")}
          placeholder={t("settings.filter")}
          leftSection={<Search size={14} />}
          value={term}
          onChange={(event) => setSearch({ q: event.currentTarget.value || undefined })}
        />
      </div>
      <Async query={query}>
        {({ items }) => {
          const found = sections(items, q, kind);
          if (found.length === 0) return <Empty title={t("settings.none")} />;
          return found.map(([section, rows]) => (
            <section key={section} className={classes.section}>
              <h2>{section || t("settings.unknown")}</h2>
              <table className={ui.table} aria-label={section || t("settings.unknown")}>
                <thead>
                  <tr>
                    <th scope="col">{t("settings.key")}</th>
                    <th scope="col">{t("settings.value")}</th>
                    <th scope="col">{t("settings.origin")}</th>
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <Row key={row.key} row={row} />
                  ))}
                </tbody>
              </table>
            </section>
          ));
        }}
      </Async>
    </>
  );
}

/** Text in which names stand between backticks. */
function Marked({ text }: { text: string }) {
  const [plain = "", name, ...rest] = text.split("`");
  return (
    <>
      {plain}
      {name !== undefined && <code>{name}</code>}
      {rest.length > 0 && <Marked text={rest.join("`")} />}
    </>
  );
}

function Row({ row }: { row: Setting }) {
  const { t } = useTranslation();
  return (
    <tr>
      <td className={ui.main} style={{ width: "50%" }}>
        <span className={classes.cell}>
          <span>
            <code className="mono">{row.key}</code>{" "}
            {row.effect !== "honoured" && (
              <span className={classes.tag} data-family={row.source === null ? undefined : "warn"}>
                {t(`settings.effects.${row.effect}`)}
              </span>
            )}
          </span>
          {row.meaning && (
            <span className="muted">
              <Marked text={row.meaning} />
            </span>
          )}
        </span>
      </td>
      <td style={{ width: "28%" }}>
        {row.secret ? (
          <span className={classes.tag}>{t("settings.secret")}</span>
        ) : row.value !== null ? (
          <code className={`mono ${classes.wrap}`}>{row.value || '""'}</code>
        ) : row.default !== null ? (
          <code className={`mono muted ${classes.wrap}`}>{row.default || '""'}</code>
        ) : (
          <Dash />
        )}
      </td>
      <td>
        {row.source === null ? (
          <span className="muted">{t("settings.default")}</span>
        ) : (
          <span className={`mono ${classes.wrap}`}>
            {row.source}
            {row.line !== null && `:${row.line}`}
          </span>
        )}
      </td>
    </tr>
  );
}

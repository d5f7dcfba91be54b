import { useTranslation } from "react-i18next";
import type { ExecutionDetail } from "../../api/types";
import { Time } from "../../time/Time";
import ui from "../../ui/ui.module.css";
import classes from "./Execution.module.css";

/** Values as people read them; the structure stays where it says something. */
function words(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (Array.isArray(value)) return value.length ? value.map(words).join(", ") : "–";
  if (typeof value === "object") {
    const entries = Object.entries(value);
    return entries.length ? entries.map(([key, inner]) => `${key} = ${words(inner)}`).join("\n") : "–";
  }
  return String(value);
}

/** What the execution was started with. */
export function Options({ execution }: { execution: ExecutionDetail }) {
  const { t } = useTranslation();
  return (
    <table className={ui.table}>
      <tbody>
        <tr>
          <td className="muted">{t("execution.submitted")}</td>
          <td>
            <Time at={execution.submittedAt} always="absolute" />
          </td>
        </tr>
        {Object.entries(execution.options).map(([key, value]) => (
          <tr key={key}>
            <td className="muted">{t(`options.${key as "disabled"}`, { defaultValue: key })}</td>
            <td className={classes.value}>{words(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

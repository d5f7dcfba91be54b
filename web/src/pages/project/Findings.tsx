import { useTranslation } from "react-i18next";
import { finding } from "./finding";
import classes from "./Upload.module.css";

/** Shown at once; a broken archive can have one for each of thousands of jobs. */
const MOST = 100;

/** What the server found in an archive, by file and line. */
export function Findings({ sentences }: { sentences: string[] }) {
  const { t } = useTranslation();
  const found = sentences
    .map(finding)
    .sort((a, b) => (a.where ?? "").localeCompare(b.where ?? "") || (a.line ?? 0) - (b.line ?? 0));
  return (
    <>
      <table className={classes.findings}>
        <tbody>
          {found.slice(0, MOST).map((each) => (
            <tr key={`${each.where} ${each.line} ${each.message}`}>
              <td className="mono">
                {each.where}
                {each.line !== null && `:${each.line}:${each.column}`}
              </td>
              <td>{each.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.length > MOST && <div className="muted">{t("why.more", { count: found.length - MOST })}</div>}
    </>
  );
}

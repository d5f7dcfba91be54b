import { Button, CopyButton, Group } from "@mantine/core";
import { CircleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Problem } from "../api/problem";
import classes from "./ui.module.css";

/** What went wrong in words, from the problem's code; the server's sentence where we have none. */
export function useProblemWords(): (error: unknown) => { title: string; detail: string } {
  const { t } = useTranslation();
  return (error) => {
    if (!(error instanceof Problem))
      return { title: t("error.broken"), detail: error instanceof Error ? error.message : String(error) };
    switch (error.code) {
      case "unreachable":
        return { title: t("error.unreachable"), detail: t("error.unreachableNext") };
      case "unauthenticated":
        return { title: t("error.session"), detail: t("error.sessionNext") };
      case "forbidden": {
        const admins = Array.isArray(error.params.admins) ? error.params.admins.join(", ") : "";
        const permission = String(error.params.permission ?? "");
        const detail = admins ? t("error.forbiddenNext", { permission, admins }) : error.message;
        return { title: t("error.forbidden"), detail };
      }
      case "notFound":
        return { title: t("error.notFound"), detail: error.message };
      case "conflict":
        return { title: t("error.conflict"), detail: error.message };
      default:
        return { title: error.status >= 500 ? t("error.server") : t("error.refused"), detail: error.message };
    }
  };
}

/** A problem in two lines, its fields and the request's id. */
export function ProblemText({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const { title, detail } = useProblemWords()(error);
  const fields = error instanceof Problem ? error.errors : [];
  return (
    <div>
      <strong>{title}</strong>
      <div>{detail}</div>
      {fields.length > 0 && (
        <ul className={classes.findings}>
          {fields.slice(0, 50).map((field) => (
            <li key={`${field.field} ${field.message}`}>
              <code>{field.field}</code> {field.message}
            </li>
          ))}
        </ul>
      )}
      {error instanceof Problem && error.requestId && (
        <div className="muted">{t("error.request", { id: error.requestId })}</div>
      )}
    </div>
  );
}

/** Takes the place of what could not be read. */
export function ErrorPanel({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  const { title, detail } = useProblemWords()(error);
  const id = error instanceof Problem ? error.requestId : null;
  return (
    <div className={classes.panel} role="alert">
      <CircleAlert size={28} className={classes.panelIcon} aria-hidden="true" />
      <ProblemText error={error} />
      <Group gap="xs">
        {retry && (
          <Button variant="default" onClick={retry}>
            {t("action.retry")}
          </Button>
        )}
        <CopyButton value={`${title}\n${detail}\n${id ?? ""}\n${window.location.href}`}>
          {({ copied, copy }) => (
            <Button variant="subtle" onClick={copy}>
              {copied ? t("action.copied") : t("action.copyDetails")}
            </Button>
          )}
        </CopyButton>
      </Group>
    </div>
  );
}

/** A part of the page that broke, or a part of the app that a new server no longer has. */
export function Crash({ error }: { error: unknown }) {
  const { t } = useTranslation();
  const missing = error instanceof TypeError && /import|module/i.test(error.message);
  return (
    <div className={classes.panel} role="alert">
      <CircleAlert size={28} className={classes.panelIcon} aria-hidden="true" />
      <div>
        <strong>{missing ? t("error.chunk") : t("error.broken")}</strong>
        {!missing && <div className="mono">{error instanceof Error ? error.message : String(error)}</div>}
      </div>
      <Button variant="default" onClick={() => window.location.reload()}>
        {t("action.reload")}
      </Button>
    </div>
  );
}

/** Keeps an error inside the panel where it arose. */
export class Boundary extends Component<{ children: ReactNode }, { error: unknown }> {
  override state = { error: null as unknown };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    return this.state.error ? <Crash error={this.state.error} /> : this.props.children;
  }
}

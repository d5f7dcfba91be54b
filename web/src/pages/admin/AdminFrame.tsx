import { ShieldAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { boot } from "../../boot";
import { ADMIN_PAGES, type AdminPage, adminPages } from "../../navigation";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";

interface Props {
  tab: AdminPage;
  /** Beside the title. */
  facts?: ReactNode;
  actions?: ReactNode;
  /** Whoever is logged in may look. */
  open?: boolean;
  children: () => ReactNode;
}

/** The pages of administrators under one title; others are told whom to ask. */
export function AdminFrame({ tab, facts, actions, open, children }: Props) {
  const { t } = useTranslation();
  const may = boot.admin || open;
  const tabs = adminPages(boot.admin).map((id) => ({ id, text: t(`admin.${id}`), href: ADMIN_PAGES[id] }));
  return (
    <PageFrame title={t("nav.admin")} facts={may && facts} actions={may && actions} tabs={tabs} tab={tab}>
      {may ? (
        children()
      ) : (
        <div className={ui.panel} role="alert">
          <ShieldAlert size={28} className={ui.panelIcon} aria-hidden="true" />
          <div>
            <strong>{t("admin.only")}</strong>
            <div className="muted">{t("admin.onlyNext")}</div>
          </div>
        </div>
      )}
    </PageFrame>
  );
}

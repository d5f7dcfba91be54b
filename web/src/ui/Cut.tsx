import { useTranslation } from "react-i18next";
import type { Page } from "../api/types";

/** Below a list that was read whole: says so where it is longer than what is read. */
export function Cut({ page }: { page: Page<unknown> | undefined }) {
  const { t, i18n } = useTranslation();
  if (!page || page.nextCursor === null) return null;
  const shown = new Intl.NumberFormat(i18n.language).format(page.items.length);
  return <p className="muted">{t("state.cut", { shown })}</p>;
}

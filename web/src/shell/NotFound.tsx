import { useTranslation } from "react-i18next";
import { A, to } from "../navigation";
import { Empty } from "../ui/Empty";
import { PageFrame } from "../ui/PageFrame";

export function NotFound() {
  const { t } = useTranslation();
  return (
    <PageFrame title={t("notFound.title")}>
      <Empty title={t("notFound.text")} action={<A href={to.home()}>{t("nav.home")}</A>}>
        {t("notFound.next")}
      </Empty>
    </PageFrame>
  );
}

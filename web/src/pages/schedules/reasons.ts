import { useTranslation } from "react-i18next";
import type { PastFire } from "../../api/types";

const CODES = ["missed", "locked", "alreadyRunning", "tooManyRuns"] as const;

/** Why a fire started nothing; the server's sentence where there is no word of ours. */
export function useReasonWords(): (past: PastFire) => string {
  const { t } = useTranslation();
  return (past) => {
    const code = CODES.find((each) => each === past.code);
    return code ? t(`schedule.unfired.${code}`) : (past.reason ?? "");
  };
}

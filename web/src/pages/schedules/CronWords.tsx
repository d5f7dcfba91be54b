import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

/** Loads the wording of one language when the first schedule is shown. */
async function words(cron: string, language: string): Promise<string> {
  const options = {
    // Quartz counts the days of the week from Sunday = 1.
    dayOfWeekStartIndexZero: false,
    use24HourTimeFormat: true,
    throwExceptionOnParseError: false,
  };
  if (language === "zh") {
    const [{ default: cronstrue }] = await Promise.all([import("cronstrue"), import("cronstrue/locales/zh_CN")]);
    return cronstrue.toString(cron, { ...options, locale: "zh_CN" });
  }
  const { default: cronstrue } = await import("cronstrue");
  return cronstrue.toString(cron, options);
}

/** A cron expression as a sentence, with the expression itself in the tip. */
export function CronWords({ cron, period }: { cron: string | null; period: string | null }) {
  const { i18n } = useTranslation();
  const { data } = useQuery({
    queryKey: ["cron-words", cron, i18n.language],
    queryFn: () => words(cron ?? "", i18n.language),
    enabled: cron !== null && cron !== "",
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (!cron) return <span>{period ?? "–"}</span>;
  const failed = !data || /error|undefined/i.test(data);
  return failed ? <span className="mono">{cron}</span> : <span title={cron}>{data}</span>;
}

import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus, Search } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { all } from "../../api/client";
import type { Schedule, SlaRule } from "../../api/types";
import { useTopics } from "../../live/live";
import { A, to, useParams } from "../../navigation";
import { Async } from "../../ui/Async";
import { Cut } from "../../ui/Cut";
import { Empty } from "../../ui/Empty";
import { PageFrame } from "../../ui/PageFrame";
import ui from "../../ui/ui.module.css";
import { SlaTable } from "./SlaTable";

const SlaEditor = lazy(() => import("./SlaEditor"));

function useRules(project?: string, flow?: string) {
  useTopics("schedules");
  return useQuery({
    queryKey: ["sla", project ?? "", flow ?? ""],
    queryFn: ({ signal }) => all<SlaRule>("/sla", { project, flow }, signal),
  });
}

function useScheduled(project?: string, flow?: string) {
  return useQuery({
    queryKey: ["schedules", "sla", project ?? "", flow ?? ""],
    queryFn: ({ signal }) => all<Schedule>("/schedules", { project, flow }, signal),
  });
}

/** By when what runs by itself has to be over. */
export default function Sla() {
  const { t } = useTranslation();
  const [search, setSearch] = useParams();
  const [edited, setEdited] = useState<SlaRule | "new" | null>(null);
  const query = useRules();
  const schedules = useScheduled();
  const own = (schedules.data?.items ?? []).filter((schedule) => schedule.mayChange);
  const filter = (search.q ?? "").normalize("NFKC").toLowerCase();
  const rules = (query.data?.items ?? []).filter((rule) =>
    `${rule.project}/${rule.flow} ${rule.job ?? ""} ${rule.emails.join(" ")}`.toLowerCase().includes(filter),
  );
  return (
    <PageFrame
      title={t("nav.sla")}
      facts={<span>{t("sla.what")}</span>}
      actions={
        own.length > 0 && (
          <Button leftSection={<Plus size={16} />} onClick={() => setEdited("new")}>
            {t("sla.new")}
          </Button>
        )
      }
    >
      <div className={ui.toolbar}>
        <TextInput
          data-filter=""
          aria-label={t("sla.filter")}
          placeholder={t("sla.filter")}
          leftSection={<Search size={14} />}
          value={search.q ?? ""}
          onChange={(event) => setSearch({ q: event.currentTarget.value || undefined })}
        />
      </div>
      <Async query={query}>
        {() =>
          rules.length > 0 ? (
            <>
              <SlaTable rules={rules} flowShown onEdit={setEdited} />
              <Cut page={query.data} />
            </>
          ) : filter ? (
            <Empty title={t("sla.noHit")} />
          ) : (
            <Empty
              title={t("sla.none")}
              action={
                own.length > 0 ? (
                  <Button variant="default" onClick={() => setEdited("new")}>
                    {t("sla.new")}
                  </Button>
                ) : (
                  <A href={to.schedules()}>{t("nav.schedules")}</A>
                )
              }
            >
              {own.length > 0 ? t("sla.noneNext") : t("sla.noneScheduled")}
            </Empty>
          )
        }
      </Async>
      {edited && (
        <Suspense fallback={null}>
          <SlaEditor
            rule={edited === "new" ? null : edited}
            schedules={own}
            rules={query.data?.items ?? []}
            onClose={() => setEdited(null)}
          />
        </Suspense>
      )}
    </PageFrame>
  );
}

/** The rules of one flow, as a part of its page. */
export function FlowSla({ project, flow }: { project: string; flow: string }) {
  const { t } = useTranslation();
  const [edited, setEdited] = useState<SlaRule | "new" | null>(null);
  const query = useRules(project, flow);
  const schedules = useScheduled(project, flow);
  const schedule = schedules.data?.items.find((each) => each.flow === flow);
  return (
    <Async query={schedules}>
      {() =>
        !schedule ? (
          <Empty
            title={t("sla.notScheduled")}
            action={<A href={to.schedules({ project, flow, edit: "1" })}>{t("flow.schedule")}</A>}
          >
            {t("sla.notScheduledNext")}
          </Empty>
        ) : (
          <>
            {schedule.mayChange && (
              <div className={ui.toolbar}>
                <span className={ui.grow} />
                <Button variant="default" leftSection={<Plus size={14} />} onClick={() => setEdited("new")}>
                  {t("sla.new")}
                </Button>
              </div>
            )}
            <Async query={query}>
              {({ items }) =>
                items.length > 0 ? (
                  <SlaTable rules={items} flowShown={false} onEdit={setEdited} />
                ) : (
                  <Empty title={t("sla.noneOfFlow")}>{t("sla.noneNext")}</Empty>
                )
              }
            </Async>
            {edited && (
              <Suspense fallback={null}>
                <SlaEditor
                  rule={edited === "new" ? null : edited}
                  schedules={[schedule]}
                  rules={query.data?.items ?? []}
                  onClose={() => setEdited(null)}
                />
              </Suspense>
            )}
          </>
        )
      }
    </Async>
  );
}

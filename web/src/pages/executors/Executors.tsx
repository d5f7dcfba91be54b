import { Button, Group, Modal } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get, write } from "../../api/client";
import type { ExecutorInfo } from "../../api/types";
import { boot } from "../../boot";
import { A, to } from "../../navigation";
import { useRunning } from "../../shell/Shell";
import { Status } from "../../status/Status";
import { bytes } from "../../time/format";
import { Elapsed, Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Dash } from "../../ui/Dash";
import { type Column, DataTable } from "../../ui/DataTable";
import { PageFrame } from "../../ui/PageFrame";
import { say } from "../../ui/toast";
import classes from "./Executors.module.css";

/** The machines that run flows: how busy they are, and whether they take more. */
export default function Executors() {
  const { t, i18n } = useTranslation();
  const [drain, setDrain] = useState(false);
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["executors"],
    queryFn: ({ signal }) => get<{ items: ExecutorInfo[] }>("/executors", {}, signal),
    refetchInterval: 5_000,
  });
  const set = useMutation({
    mutationFn: (open: boolean) => write("PUT", "/queue", { open }),
    onSuccess: (_, open) => {
      say(open ? t("executors.resumed") : t("executors.drained"));
      setDrain(false);
      void queries.invalidateQueries({ queryKey: ["executors"] });
      void queries.invalidateQueries({ queryKey: ["running"] });
    },
  });
  const percent = (part: number) => new Intl.NumberFormat(i18n.language, { style: "percent" }).format(part);
  const columns: Column<ExecutorInfo>[] = [
    {
      key: "host",
      head: t("executors.name"),
      phone: "main",
      cell: (row) => (
        <span className={classes.host}>
          <span className={classes.dot} data-family={row.active ? "ok" : "pause"} aria-hidden="true" />
          <strong>{boot.name || row.host}</strong>
          <span className="muted">{row.active ? t("executors.active") : t("executors.draining")}</span>
        </span>
      ),
    },
    {
      key: "slots",
      head: t("executors.slots"),
      cell: (row) => (
        <A href={to.executing()}>
          <Meter part={row.running / Math.max(1, row.slots)} label={t("executors.slots")}>
            {row.running} / {row.slots}
          </Meter>
        </A>
      ),
    },
    {
      key: "queue",
      head: t("executing.queue"),
      num: true,
      cell: (row) => <A href={to.executing("queue")}>{row.queued}</A>,
    },
    { key: "jobs", head: t("executors.jobs"), num: true, phone: "never", cell: (row) => row.runningJobs },
    {
      key: "cpu",
      head: t("executors.cpu"),
      cell: (row) =>
        row.processorUse === null ? (
          <Dash />
        ) : (
          <Meter part={row.processorUse} label={t("executors.cpu")}>
            {percent(row.processorUse)}{" "}
            <span className="muted">{t("executors.processors", { count: row.processors })}</span>
          </Meter>
        ),
    },
    {
      key: "memory",
      head: t("executors.memory"),
      cell: (row) =>
        row.memoryTotal === null || row.memoryAvailable === null ? (
          <Dash />
        ) : (
          <Meter part={1 - row.memoryAvailable / row.memoryTotal} label={t("executors.memory")}>
            {bytes(row.memoryTotal - row.memoryAvailable, i18n.language)} / {bytes(row.memoryTotal, i18n.language)}
          </Meter>
        ),
    },
    {
      key: "version",
      head: t("executors.version"),
      phone: "never",
      cell: (row) => <span title={row.buildId}>{row.version}</span>,
    },
    {
      key: "up",
      head: t("executors.up"),
      phone: "never",
      cell: (row) => <Elapsed from={row.startedAt} to={row.seenAt} />,
    },
    { key: "seen", head: t("executors.seen"), phone: "never", cell: (row) => <Time at={row.seenAt} /> },
    ...(boot.admin
      ? [
          {
            key: "drain",
            head: <span className="visually-hidden">{t("action.actions")}</span>,
            cell: (row: ExecutorInfo) =>
              row.active ? (
                <Button variant="default" leftSection={<Pause size={14} />} onClick={() => setDrain(true)}>
                  {t("executors.drain")}
                </Button>
              ) : (
                <Button leftSection={<Play size={14} />} loading={set.isPending} onClick={() => set.mutate(true)}>
                  {t("executors.resume")}
                </Button>
              ),
          },
        ]
      : []),
  ];
  return (
    <PageFrame title={t("nav.executors")}>
      <Async query={query} rows={2}>
        {({ items }) => (
          <>
            {items.some((row) => !row.active) && (
              <p className={classes.notice} role="status">
                {t("executors.drainingNext", { count: items.reduce((sum, row) => sum + row.running, 0) })}
              </p>
            )}
            <DataTable label={t("nav.executors")} rows={items} id={(row) => row.id} columns={columns} />
            <p className={`muted ${classes.hint}`}>{t("executors.single")}</p>
          </>
        )}
      </Async>
      <Modal opened={drain} onClose={() => setDrain(false)} title={t("executors.drainTitle")}>
        <Drain pending={set.isPending} onCancel={() => setDrain(false)} onDrain={() => set.mutate(false)} />
      </Modal>
    </PageFrame>
  );
}

/** What draining lets finish. */
function Drain({ pending, onCancel, onDrain }: { pending: boolean; onCancel: () => void; onDrain: () => void }) {
  const { t } = useTranslation();
  const { data } = useRunning();
  const running = data?.running ?? [];
  return (
    <>
      <p>{t("executors.drainText")}</p>
      <p>{t("executors.willFinish", { count: running.length })}</p>
      <ul className={classes.finishing}>
        {running.slice(0, 10).map((run) => (
          <li key={run.id}>
            <Status status={run.status} as="icon" />{" "}
            <A href={to.execution(run.id)}>
              #{run.id} {run.project} / {run.flow}
            </A>
          </li>
        ))}
      </ul>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onCancel}>
          {t("action.cancel")}
        </Button>
        <Button loading={pending} onClick={onDrain}>
          {t("executors.drain")}
        </Button>
      </Group>
    </>
  );
}

/** A part of a whole as a bar under its figure. */
function Meter({ part, label, children }: { part: number; label: string; children: React.ReactNode }) {
  const whole = Math.min(1, Math.max(0, part));
  return (
    <span className={classes.meter}>
      <span>{children}</span>
      <span
        className={classes.track}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(whole * 100)}
      >
        <span className={classes.fill} data-full={whole > 0.9 || undefined} style={{ width: `${whole * 100}%` }} />
      </span>
    </span>
  );
}

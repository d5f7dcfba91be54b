import {
  Button,
  Checkbox,
  Drawer,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  TextInput,
} from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useDeferredValue, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { path, write as send } from "../../api/client";
import type { Schedule } from "../../api/types";
import { boot } from "../../boot";
import { absolute, wallClock } from "../../time/format";
import { useZone } from "../../time/Time";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import { fieldError } from "../projects/CreateProject";
import { CronWords } from "./CronWords";
import { read, type Shape, write } from "./cron";
import classes from "./Schedules.module.css";

interface Props {
  project: string;
  flow: string;
  onClose: () => void;
}

interface Fires {
  fires: number[];
}

/** Days in the order of the language's week; Quartz counts them from Sunday = 1. */
const WEEK = { en: [1, 2, 3, 4, 5, 6, 7], zh: [2, 3, 4, 5, 6, 7, 1] };

/** Makes a schedule; what it means and when it fires is shown at once. */
export default function Editor(props: Props) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened
      onClose={props.onClose}
      position="right"
      size="min(600px, 100vw)"
      title={t("schedule.title", { flow: props.flow })}
    >
      <Form {...props} />
    </Drawer>
  );
}

function Form({ project, flow, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [cron, setCron] = useState(write({ kind: "daily", hour: 2, minute: 0 }));
  const [asText, setAsText] = useState(read(cron).kind === "text");
  const [zone, setZone] = useState(boot.timeZone);
  const wanted = useDeferredValue({ cron: cron.trim(), timeZone: zone });
  const preview = useQuery({
    queryKey: ["schedule-preview", wanted.cron, wanted.timeZone],
    queryFn: () => send<Fires>("POST", "/schedules/preview", { ...wanted, count: 10 }),
    enabled: wanted.cron !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const save = useMutation({
    mutationFn: () =>
      send<Schedule>("PUT", path("/projects/{}/flows/{}/schedule", project, flow), {
        cron: cron.trim(),
        timeZone: zone,
      }),
    meta: { shown: true },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["schedules"] });
      void queries.invalidateQueries({ queryKey: ["flows", project] });
      say(t("schedule.saved"));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const shape = read(cron);
  const kind = asText ? "text" : shape.kind;
  const choose = (wantedKind: string) => {
    setAsText(wantedKind === "text");
    const time = { hour: "hour" in shape ? shape.hour : 2, minute: "minute" in shape ? shape.minute : 0 };
    if (wantedKind === "hourly") setCron(write({ kind: "hourly", minute: time.minute }));
    if (wantedKind === "daily") setCron(write({ kind: "daily", ...time }));
    if (wantedKind === "weekly") setCron(write({ kind: "weekly", days: [2, 3, 4, 5, 6], ...time }));
    if (wantedKind === "monthly") setCron(write({ kind: "monthly", day: 1, ...time }));
  };
  const zones = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  const problem = fieldError(preview.error, "cron") ?? fieldError(preview.error, "timeZone");
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <SegmentedControl
          aria-label={t("schedule.repeats")}
          value={kind}
          onChange={choose}
          data={(["hourly", "daily", "weekly", "monthly", "text"] as const).map((value) => ({
            value,
            label: t(`schedule.kind.${value}`),
          }))}
        />
        {kind !== "text" && <Fields shape={shape} onChange={(next) => setCron(write(next))} />}
        <TextInput
          label={t("schedule.cron")}
          description={t("schedule.cronHint")}
          classNames={{ input: "mono" }}
          value={cron}
          readOnly={kind !== "text"}
          onChange={(event) => setCron(event.currentTarget.value)}
          error={problem ?? fieldError(save.error, "cron")}
        />
        <Select
          label={t("schedule.zone")}
          searchable
          limit={50}
          data={[...new Set([boot.timeZone, "UTC", ...zones])]}
          value={zone}
          allowDeselect={false}
          onChange={(value) => setZone(value ?? boot.timeZone)}
        />
        {!problem && (
          <strong className={classes.sentence}>
            <CronWords cron={cron} period={null} />
          </strong>
        )}
        {preview.data && !problem && <Next fires={preview.data.fires} zone={zone} />}
        {(save.error ?? preview.error) && !problem && !fieldError(save.error, "cron") && (
          <div role="alert">
            <ProblemText error={save.error ?? preview.error} />
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={Boolean(problem) || cron.trim() === ""}>
            {t("action.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Fields({ shape, onChange }: { shape: Shape; onChange: (shape: Shape) => void }) {
  const { t, i18n } = useTranslation();
  if (shape.kind === "text") return null;
  const days = WEEK[i18n.language === "zh" ? "zh" : "en"];
  // 2023-01-01 was a Sunday.
  const name = (day: number) =>
    new Intl.DateTimeFormat(i18n.language, { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2023, 0, day));
  const pad = (n: number) => String(n).padStart(2, "0");
  return (
    <Group align="flex-end">
      {shape.kind === "weekly" && (
        <Checkbox.Group
          label={t("schedule.days")}
          value={shape.days.map(String)}
          onChange={(values) => onChange({ ...shape, days: values.map(Number) })}
        >
          <Group gap="sm" mt={4}>
            {days.map((day) => (
              <Checkbox key={day} value={String(day)} label={name(day)} />
            ))}
          </Group>
        </Checkbox.Group>
      )}
      {shape.kind === "monthly" && (
        <NumberInput
          label={t("schedule.day")}
          min={1}
          max={31}
          value={shape.day}
          onChange={(day) => onChange({ ...shape, day: Number(day) || 1 })}
        />
      )}
      {shape.kind === "hourly" ? (
        <NumberInput
          label={t("schedule.minute")}
          min={0}
          max={59}
          value={shape.minute}
          onChange={(minute) => onChange({ ...shape, minute: Number(minute) || 0 })}
        />
      ) : (
        <EditorTime shape={shape} onChange={onChange} value={`${pad(shape.hour)}:${pad(shape.minute)}`} />
      )}
    </Group>
  );
}

type Timed = Extract<Shape, { hour: number }>;

/** A time of day; half-typed ones wait. */
function EditorTime({ shape, value, onChange }: { shape: Timed; value: string; onChange: (shape: Shape) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <TextInput
      type="time"
      label={t("schedule.time")}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const [hour, minute] = event.currentTarget.value.split(":").map(Number);
        if (hour !== undefined && minute !== undefined) onChange({ ...shape, hour, minute });
      }}
    />
  );
}

/** The next fires in the schedule's zone and in the reader's; a jump of the clock between two of them is marked. */
function Next({ fires, zone }: { fires: number[]; zone: string }) {
  const { t } = useTranslation();
  const mine = useZone();
  return (
    <table className={classes.fires}>
      <caption>{t("schedule.next")}</caption>
      <thead>
        <tr>
          <th scope="col">{zone}</th>
          {mine !== zone && <th scope="col">{mine}</th>}
        </tr>
      </thead>
      <tbody>
        {fires.map((fire, index) => {
          const before = fires[index - 1];
          const offset = wallClock(fire, zone).offset;
          const moved = before !== undefined && wallClock(before, zone).offset !== offset;
          return (
            <tr key={fire}>
              <td>
                {absolute(fire, zone)} {moved && <strong>{t("schedule.clockMoves", { offset })}</strong>}
              </td>
              {mine !== zone && <td className="muted">{absolute(fire, mine)}</td>}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

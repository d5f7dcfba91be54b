import {
  Button,
  Checkbox,
  Drawer,
  Group,
  NumberInput,
  Radio,
  SegmentedControl,
  Select,
  Stack,
  TextInput,
} from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { type FormEvent, useDeferredValue, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write as send } from "../../api/client";
import { fieldError } from "../../api/problem";
import { useFlow } from "../../api/queries";
import type { ExecuteRequest, Flow, Page, Schedule } from "../../api/types";
import { boot } from "../../boot";
import { absolute, wallClock } from "../../time/format";
import { useZone } from "../../time/Time";
import { Async } from "../../ui/Async";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import { OptionFields } from "../execute/OptionFields";
import { defaults, fromRequest, type Options, request } from "../execute/options";
import { CronWords } from "./CronWords";
import { changedOptions } from "./change";
import { read, type Shape, write } from "./cron";
import classes from "./Schedules.module.css";

type Missed = Schedule["missed"];

interface Props {
  project: string;
  flow: string;
  /** How its executions are to be started; without, as the schedule has it. */
  options?: ExecuteRequest;
  onClose: () => void;
}

interface Fires {
  fires: number[];
}

/** Days in the order of the language's week; Quartz counts them from Sunday = 1. */
const WEEK = { en: [1, 2, 3, 4, 5, 6, 7], zh: [2, 3, 4, 5, 6, 7, 1] };

/** Makes a schedule or changes the one that the flow has; what it means and when it fires is shown at once. */
export default function Editor(props: Props) {
  const { t } = useTranslation();
  const { project, flow } = props;
  const details = useFlow(project, flow);
  const existing = useQuery({
    // A key of its own and static: neither events nor a connection that is back change what is being edited.
    queryKey: ["schedule-edited", project, flow],
    queryFn: async ({ signal }) => {
      const page = await get<Page<Schedule>>("/schedules", { project, flow, limit: 1 }, signal);
      const found = page.items[0];
      return found ? get<Schedule>(path("/schedules/{}", found.id), {}, signal) : null;
    },
    staleTime: "static",
    gcTime: 0,
  });
  return (
    <Drawer
      opened
      onClose={props.onClose}
      position="right"
      size="min(640px, 100vw)"
      title={existing.data ? t("schedule.editTitle", { flow }) : t("schedule.title", { flow })}
      closeOnClickOutside={false}
    >
      <Async query={existing}>
        {(schedule) => (
          <Async query={details}>{(data) => <Form {...props} details={data} schedule={schedule} />}</Async>
        )}
      </Async>
    </Drawer>
  );
}

interface FormProps extends Props {
  details: Flow;
  schedule: Schedule | null;
}

function Form({ project, flow, options: given, onClose, details, schedule }: FormProps) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const stored = schedule?.options ?? {};
  const first = fromRequest(details, given ?? stored);
  const [cron, setCron] = useState(schedule ? (schedule.cron ?? "") : write({ kind: "daily", hour: 2, minute: 0 }));
  const [asText, setAsText] = useState(read(cron).kind === "text");
  const [zone, setZone] = useState(schedule?.timeZone ?? boot.timeZone);
  const [missed, setMissed] = useState<Missed>(schedule?.missed ?? "skip");
  const [options, setOptions] = useState(first);
  const [open, setOpen] = useState(false);
  const wanted = useDeferredValue({ cron: cron.trim(), timeZone: zone });
  const preview = useQuery({
    queryKey: ["schedule-preview", wanted.cron, wanted.timeZone],
    queryFn: () => send<Fires>("POST", "/schedules/preview", { ...wanted, count: 10 }),
    enabled: wanted.cron !== "",
    placeholderData: keepPreviousData,
    retry: false,
  });
  const body = request(details, options);
  // Options that are handed over take the place of the stored ones; else only what was changed here is sent.
  const before = given ? stored : request(details, first);
  const save = useMutation({
    mutationFn: () => {
      if (!schedule) {
        const whole = { cron: cron.trim(), timeZone: zone, missed, options: body };
        return send<Schedule>("PUT", path("/projects/{}/flows/{}/schedule", project, flow), whole);
      }
      return send<Schedule>("PATCH", path("/schedules/{}", schedule.id), {
        ...(cron.trim() !== (schedule.cron ?? "") && { cron: cron.trim() }),
        ...(zone !== schedule.timeZone && { timeZone: zone }),
        ...(missed !== schedule.missed && { missed }),
        options: changedOptions(before, body),
      });
    },
    meta: { shown: true },
    onSuccess: async () => {
      onClose();
      say(t("schedule.saved"));
      void queries.invalidateQueries({ queryKey: ["flows", project] });
      await queries.invalidateQueries({ queryKey: ["schedules"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The form may stand inside another's page in React's tree.
    event.stopPropagation();
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
  // A period of Azkaban's old API has no expression; it stays until one is written.
  const keepsPeriod = schedule !== null && schedule.cron === null && cron.trim() === "";
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {keepsPeriod && <p className="muted">{t("schedule.keepsPeriod", { period: schedule.period ?? "–" })}</p>}
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
          data={[...new Set([boot.timeZone, zone, "UTC", ...zones])]}
          value={zone}
          allowDeselect={false}
          onChange={(value) => setZone(value ?? boot.timeZone)}
        />
        {!problem && !keepsPeriod && (
          <strong className={classes.sentence}>
            <CronWords cron={cron} period={null} />
          </strong>
        )}
        {preview.data && !problem && !keepsPeriod && <Next fires={preview.data.fires} zone={zone} />}
        <Radio.Group
          label={t("schedule.missed")}
          description={t("schedule.missedHint")}
          value={missed}
          onChange={(value) => setMissed(value as Missed)}
        >
          <Stack gap={6} mt={6}>
            {(["skip", "once", "all"] as const).map((value) => (
              <Radio key={value} value={value} label={t(`schedule.missedPolicy.${value}`)} />
            ))}
          </Stack>
        </Radio.Group>
        <div>
          <Button
            variant="default"
            size="compact-sm"
            aria-expanded={open}
            leftSection={open ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
            onClick={() => setOpen(!open)}
          >
            {t("schedule.options")}
          </Button>{" "}
          <Summary options={options} flow={details} />
          {open && (
            <OptionFields
              flow={details}
              options={options}
              onChange={(part) => setOptions((old) => ({ ...old, ...part }))}
            />
          )}
        </div>
        {schedule && changedOptions(before, body) && schedule.user !== boot.user && (
          <p className="muted">{t("schedule.becomesYours", { user: schedule.user })}</p>
        )}
        {(save.error ?? preview.error) && !problem && !fieldError(save.error, "cron") && (
          <div role="alert">
            <ProblemText error={save.error ?? preview.error} />
          </div>
        )}
        <Group justify="flex-end" gap="xs" className={classes.foot}>
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button
            type="submit"
            loading={save.isPending}
            disabled={Boolean(problem) || (cron.trim() === "" && !keepsPeriod)}
          >
            {t("action.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What differs from the flow's own defaults, in a line. */
function Summary({ options, flow }: { options: Options; flow: Flow }) {
  const { t } = useTranslation();
  const usual = defaults(flow);
  const parts = [
    options.off.size > 0 && t("schedule.disables", { count: options.off.size }),
    options.properties.length > 0 && t("schedule.sets", { count: options.properties.length }),
    options.concurrency !== usual.concurrency && t(`execute.concurrent.${options.concurrency}`),
    options.failureAction !== usual.failureAction && t(`execute.onFailure.${options.failureAction}`),
  ].filter(Boolean);
  return <span className="muted">{parts.length > 0 ? parts.join(" · ") : t("schedule.asTheFlow")}</span>;
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

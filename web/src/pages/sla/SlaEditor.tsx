import { Button, Checkbox, Drawer, Group, SegmentedControl, Select, Stack, TagsInput, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import { fieldError } from "../../api/problem";
import { useFlow } from "../../api/queries";
import type { Schedule, SlaRule } from "../../api/types";
import { duration } from "../../time/format";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import { deadline, parseDeadline } from "./deadline";

interface Props {
  /** The rule to change; a new one without. */
  rule: SlaRule | null;
  /** Scheduled flows that a new rule may be about. */
  schedules: Schedule[];
  /** The flow's rules so far, for who is told. */
  rules: SlaRule[];
  onClose: () => void;
}

const key = (row: { project: string; flow: string }) => JSON.stringify([row.project, row.flow]);

/** Makes or changes a rule: what is to be over by when, and what happens if it is not. */
export default function SlaEditor(props: Props) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened
      onClose={props.onClose}
      position="right"
      size="min(520px, 100vw)"
      title={props.rule ? t("sla.edit", { flow: props.rule.job ?? props.rule.flow }) : t("sla.new")}
    >
      <Form {...props} />
    </Drawer>
  );
}

function Form({ rule, schedules, rules, onClose }: Props) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [target, setTarget] = useState(rule ? key(rule) : schedules[0] ? key(schedules[0]) : "");
  const [project, flow] = target ? (JSON.parse(target) as [string, string]) : ["", ""];
  const [job, setJob] = useState(rule?.job ?? "");
  const [goal, setGoal] = useState<SlaRule["goal"]>(rule?.goal ?? "finish");
  const [within, setWithin] = useState(rule ? deadline(rule.withinMs) : "1h");
  const [alert, setAlert] = useState(rule?.alert ?? true);
  const [kill, setKill] = useState(rule?.kill ?? false);
  const details = useFlow(project, flow);
  const told = rules.find((each) => each.project === project && each.flow === flow)?.emails;
  const usual = told ?? details.data?.failureEmails ?? [];
  const [emails, setEmails] = useState<string[] | null>(rule?.emails ?? null);
  const withinMs = parseDeadline(within);
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      const body = { job: job || null, goal, withinMs, alert, kill, emails: emails ?? usual };
      return rule
        ? write<SlaRule>("PUT", path("/projects/{}/flows/{}/sla/{}", project, flow, rule.rule), body)
        : write<SlaRule>("POST", path("/projects/{}/flows/{}/sla", project, flow), body);
    },
    meta: { shown: true },
    onSuccess: async () => {
      void queries.invalidateQueries({ queryKey: ["schedules"] });
      await queries.invalidateQueries({ queryKey: ["sla"] });
      say(t("sla.saved"));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (withinMs !== null) save.mutate();
  };
  const jobs = (details.data?.nodes ?? []).filter((node) => node.path !== "").map((node) => node.path);
  const known = ["job", "withinMs", "alert", "emails"].some((field) => fieldError(save.error, field));
  const wrongTime = withinMs === null && (tried || within !== "") ? t("sla.withinWrong") : undefined;
  const typical = rule && rule.job === (job || null) ? rule.typicalMs : null;
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        {!rule && (
          <Select
            label={t("sla.scheduledFlow")}
            searchable
            limit={50}
            allowDeselect={false}
            data={schedules.map((each) => ({ value: key(each), label: `${each.project} / ${each.flow}` }))}
            value={target}
            onChange={(value) => {
              // Another flow has other jobs, and others are told.
              setTarget(value ?? "");
              setJob("");
              setEmails(null);
            }}
          />
        )}
        <Select
          label={t("sla.about")}
          searchable
          limit={100}
          allowDeselect={false}
          data={[{ value: "", label: t("sla.wholeFlow") }, ...jobs]}
          value={job}
          onChange={(value) => setJob(value ?? "")}
          error={fieldError(save.error, "job")}
        />
        <SegmentedControl
          aria-label={t("sla.rule")}
          value={goal}
          onChange={(value) => setGoal(value as SlaRule["goal"])}
          data={(["finish", "succeed"] as const).map((value) => ({ value, label: t(`sla.goal.${value}`) }))}
        />
        <TextInput
          label={t("sla.within")}
          description={job ? t("sla.withinJob") : t("sla.withinFlow")}
          placeholder="1d 2h 30m"
          value={within}
          onChange={(event) => setWithin(event.currentTarget.value)}
          error={wrongTime ?? fieldError(save.error, "withinMs")}
        />
        {typical !== null && <p className="muted">{t("sla.usually", { length: duration(typical) })}</p>}
        <Stack gap="xs">
          <Checkbox
            label={t("sla.alert")}
            checked={alert}
            onChange={(event) => setAlert(event.currentTarget.checked)}
            error={fieldError(save.error, "alert")}
          />
          <Checkbox
            label={job ? t("sla.killJob") : t("sla.killFlow")}
            checked={kill}
            onChange={(event) => setKill(event.currentTarget.checked)}
          />
        </Stack>
        {alert && (
          <TagsInput
            label={t("sla.emails")}
            description={t("sla.emailsHint")}
            splitChars={[",", ";", " "]}
            value={emails ?? usual}
            onChange={setEmails}
            acceptValueOnBlur
            error={fieldError(save.error, "emails")}
          />
        )}
        {save.error && !known && (
          <div role="alert">
            <ProblemText error={save.error} />
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={!flow || withinMs === null || !(alert || kill)}>
            {t("action.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

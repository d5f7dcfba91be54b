import { Checkbox, Group, Radio, SegmentedControl, Stack, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Flow } from "../../api/types";
import classes from "./Execute.module.css";
import { JobPicker } from "./JobPicker";
import type { Options } from "./options";
import { PropertyEditor } from "./PropertyEditor";

/** Everything that one may ask for with an execution, whether it starts now or by a schedule. */
export function OptionFields({
  flow,
  options,
  onChange: change,
}: {
  flow: Flow;
  options: Options;
  onChange: (part: Partial<Options>) => void;
}) {
  const { t } = useTranslation();
  return (
    <>
      <Section title={t("execute.jobs")}>
        <JobPicker flow={flow} off={options.off} onChange={(off) => change({ off })} />
      </Section>
      <Section title={t("execute.properties")}>
        <PropertyEditor flow={flow} rows={options.properties} onChange={(properties) => change({ properties })} />
      </Section>
      <Section title={t("execute.failure")}>
        <Radio.Group
          value={options.failureAction}
          onChange={(value) => change({ failureAction: value as Options["failureAction"] })}
        >
          <Stack gap="xs">
            {(["finishCurrent", "cancelAll", "finishPossible"] as const).map((value) => (
              <Radio
                key={value}
                value={value}
                label={t(`execute.onFailure.${value}`)}
                description={t(`execute.onFailureText.${value}`)}
              />
            ))}
          </Stack>
        </Radio.Group>
      </Section>
      <Section title={t("execute.concurrency")}>
        <SegmentedControl
          aria-label={t("execute.concurrency")}
          value={options.concurrency}
          onChange={(value) => change({ concurrency: value as Options["concurrency"] })}
          data={(["ignore", "skip", "pipeline1", "pipeline2"] as const).map((value) => ({
            value,
            label: t(`execute.concurrent.${value}`),
          }))}
        />
        <p className="muted">{t(`execute.concurrentText.${options.concurrency}`)}</p>
      </Section>
      <Section title={t("execute.notify")}>
        <Group>
          <Checkbox
            label={t("execute.notifyFirst")}
            checked={options.notifyFirst}
            onChange={(event) => change({ notifyFirst: event.currentTarget.checked })}
          />
          <Checkbox
            label={t("execute.notifyLast")}
            checked={options.notifyLast}
            onChange={(event) => change({ notifyLast: event.currentTarget.checked })}
          />
        </Group>
        <div className={classes.pair}>
          <Textarea
            label={t("execute.failureEmails")}
            autosize
            value={options.failureEmails}
            onChange={(event) => change({ failureEmails: event.currentTarget.value })}
          />
          <Textarea
            label={t("execute.successEmails")}
            autosize
            value={options.successEmails}
            onChange={(event) => change({ successEmails: event.currentTarget.value })}
          />
        </div>
      </Section>
    </>
  );
}

function Section({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section className={classes.section}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

import { ActionIcon, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Job } from "../../api/types";
import classes from "./Job.module.css";

interface Props {
  job: Job;
  saving: boolean;
  onSave: (properties: Record<string, string>) => void;
  onClose: () => void;
}

/** Values that take the place of the file's until the next upload. */
export function OverrideEditor({ job, saving, onSave, onClose }: Props) {
  const { t } = useTranslation();
  const fixed = new Set(["type", "dependencies"]);
  const start =
    job.override ??
    Object.fromEntries(job.properties.filter((row) => row.origin.kind === "job").map((row) => [row.key, row.value]));
  const [rows, setRows] = useState(() =>
    Object.entries(start)
      .filter(([key]) => !fixed.has(key))
      .map(([key, value], id) => ({ id, key, value })),
  );
  const set = (id: number, part: { key?: string; value?: string }) =>
    setRows((old) => old.map((row) => (row.id === id ? { ...row, ...part } : row)));
  const save = () =>
    onSave(Object.fromEntries(rows.filter((row) => row.key.trim()).map((row) => [row.key.trim(), row.value])));
  return (
    <Modal opened onClose={onClose} size="lg" title={t("job.overrideTitle", { job: job.id })}>
      <Stack gap="xs">
        <p className="muted">{t("job.overrideText")}</p>
        {rows.map((row) => (
          <div key={row.id} className={classes.row}>
            <TextInput
              aria-label={t("job.key")}
              value={row.key}
              onChange={(event) => set(row.id, { key: event.currentTarget.value })}
            />
            <TextInput
              aria-label={t("job.value")}
              value={row.value}
              onChange={(event) => set(row.id, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("execute.removeProperty", { key: row.key })}
              onClick={() => setRows((old) => old.filter((each) => each.id !== row.id))}
            >
              <X size={14} />
            </ActionIcon>
          </div>
        ))}
        <div>
          <Button
            variant="default"
            leftSection={<Plus size={14} />}
            onClick={() =>
              setRows((old) => [...old, { id: Math.max(0, ...old.map((row) => row.id)) + 1, key: "", value: "" }])
            }
          >
            {t("execute.addProperty")}
          </Button>
        </div>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button loading={saving} onClick={save}>
            {t("action.save")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

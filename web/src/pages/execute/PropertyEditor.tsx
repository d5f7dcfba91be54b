import { ActionIcon, Button, Select, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Flow } from "../../api/types";
import classes from "./Execute.module.css";
import type { Options } from "./options";

type Rows = Options["properties"];

/** Properties for this execution only, for all jobs or for one node. */
export function PropertyEditor({ flow, rows, onChange }: { flow: Flow; rows: Rows; onChange: (rows: Rows) => void }) {
  const { t } = useTranslation();
  const nodes = [
    { value: "", label: t("execute.everyJob") },
    ...flow.nodes.filter((node) => node.path).map((node) => node.path),
  ];
  const set = (index: number, part: Partial<Rows[number]>) =>
    onChange(rows.map((row, at) => (at === index ? { ...row, ...part } : row)));
  return (
    <>
      {rows.map((row, index) => (
        // Rows have no identity but their place.
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place
        <div key={index} className={classes.row}>
          <Select
            aria-label={t("execute.node")}
            data={nodes}
            value={row.node}
            searchable
            limit={100}
            allowDeselect={false}
            onChange={(node) => set(index, { node: node ?? "" })}
          />
          <TextInput
            aria-label={t("execute.property")}
            placeholder={t("execute.property")}
            value={row.key}
            onChange={(event) => set(index, { key: event.currentTarget.value })}
          />
          <TextInput
            aria-label={t("execute.value")}
            placeholder={t("execute.value")}
            value={row.value}
            onChange={(event) => set(index, { value: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t("execute.removeProperty", { key: row.key })}
            onClick={() => onChange(rows.filter((_, at) => at !== index))}
          >
            <X size={14} />
          </ActionIcon>
        </div>
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<Plus size={14} />}
          onClick={() => onChange([...rows, { node: "", key: "", value: "" }])}
        >
          {t("execute.addProperty")}
        </Button>
      </div>
    </>
  );
}

import { Modal, Switch, Table } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { setPreference, usePreference } from "../preferences";
import { useHeldKeys } from "./keys";
import classes from "./Shell.module.css";

/** The keys that hold on this page, from the registry that makes them hold. */
export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const held = useHeldKeys();
  const on = usePreference("keys") === "on";
  const shown = held.filter(({ keys }) => keys !== "Shift+?");
  return (
    <Modal opened={opened} onClose={onClose} title={t("nav.help")}>
      <Table verticalSpacing={4}>
        <Table.Tbody>
          {shown.map(({ keys, words }) => (
            <Table.Tr key={keys}>
              <Table.Td>
                {keys.split(" ").map((key) => (
                  <kbd key={key} className={classes.kbd} style={{ marginRight: 4 }}>
                    {key.replace("$mod", /Mac/.test(navigator.userAgent) ? "⌘" : "Ctrl")}
                  </kbd>
                ))}
              </Table.Td>
              <Table.Td>{t(words)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Switch
        mt="md"
        label={t("nav.singleKeys")}
        checked={on}
        onChange={(event) => setPreference("keys", event.currentTarget.checked ? "on" : "off")}
      />
    </Modal>
  );
}

import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import i18next from "i18next";
import { showProblem } from "./toast";

const UNDO_MS = 10_000;

/** Says that something is done, and for ten seconds offers to take it back. */
export function offerUndo(message: string, undo: () => Promise<unknown>) {
  const id = notifications.show({
    autoClose: UNDO_MS,
    withBorder: true,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <span>{message}</span>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            notifications.hide(id);
            undo().catch(showProblem);
          }}
        >
          {i18next.t("action.undo")}
        </Button>
      </Group>
    ),
  });
}

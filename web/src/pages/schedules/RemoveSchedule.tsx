import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { Schedule } from "../../api/types";

/** Shows what would no longer run. */
export function RemoveSchedule({ schedule, onClose }: { schedule: Schedule; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => write("DELETE", path("/projects/{}/flows/{}/schedule", schedule.project, schedule.flow)),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["schedules"] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("schedule.remove")}>
      <Stack gap="sm">
        <p>{t("schedule.removeText", { flow: `${schedule.project} / ${schedule.flow}` })}</p>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button color="red" loading={remove.isPending} onClick={() => remove.mutate()}>
            {t("schedule.remove")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { Project } from "../../api/types";
import { to, useGo } from "../../navigation";
import { say } from "../../ui/toast";

/** The one act that asks for a name: it takes schedules with it. */
export function DeleteProject({
  project,
  opened,
  onClose,
}: {
  project: Project;
  opened: boolean;
  onClose: () => void;
}) {
  const { t } = useTranslation();
  const go = useGo();
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const remove = useMutation({
    mutationFn: () => write("DELETE", path("/projects/{}", project.name)),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["projects"] });
      say(t("project.deleted", { project: project.name }));
      go(to.projects());
    },
  });
  return (
    <Modal opened={opened} onClose={onClose} title={t("project.delete")}>
      <Stack gap="sm">
        <p>{t("project.deleteText")}</p>
        <TextInput
          label={t("project.deleteType", { project: project.name })}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          data-autofocus
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button
            color="red"
            disabled={typed !== project.name}
            loading={remove.isPending}
            onClick={() => remove.mutate()}
          >
            {t("project.delete")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

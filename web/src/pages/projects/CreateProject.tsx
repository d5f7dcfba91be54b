import { Button, Group, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { write } from "../../api/client";
import { fieldError } from "../../api/problem";
import type { Project } from "../../api/types";
import { to, useGo } from "../../navigation";
import { useProblemWords } from "../../ui/ErrorPanel";

export function CreateProject({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened={opened} onClose={onClose} title={t("projects.create")}>
      <Form onClose={onClose} />
    </Modal>
  );
}

function Form({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const queries = useQueryClient();
  const words = useProblemWords();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const create = useMutation({
    mutationFn: () => write<Project>("POST", "/projects", { name: name.trim(), description: description.trim() }),
    meta: { shown: true },
    onSuccess: (project) => {
      void queries.invalidateQueries({ queryKey: ["projects"] });
      onClose();
      go(to.project(project.name));
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate();
  };
  const { error } = create;
  const atFields = fieldError(error, "name") ?? fieldError(error, "description");
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <TextInput
          label={t("projects.name")}
          description={t("projects.nameRule")}
          data-autofocus
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldError(error, "name") ?? (error && !atFields ? words(error).detail : undefined)}
        />
        <Textarea
          label={t("projects.description")}
          required
          autosize
          minRows={2}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          error={fieldError(error, "description")}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" loading={create.isPending}>
            {t("action.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

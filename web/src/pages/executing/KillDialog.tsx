import { Button, Group, Modal, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square } from "lucide-react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { Execution, RunningItem } from "../../api/types";
import { Status } from "../../status/Status";
import { showProblem } from "../../ui/toast";
import classes from "./Executing.module.css";

/** Names every execution that would be killed before it is. */
export function KillDialog({ victims, onClose }: { victims: RunningItem[]; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const kill = useMutation({
    // One that has ended meanwhile does not keep the others alive.
    mutationFn: async () => {
      const answers = await Promise.allSettled(
        victims.map((victim) => write<Execution>("POST", path("/executions/{}/kill", victim.id))),
      );
      for (const answer of answers) if (answer.status === "rejected") showProblem(answer.reason);
    },
    onSettled: () => {
      void queries.invalidateQueries({ queryKey: ["running"] });
      onClose();
    },
  });
  return (
    <Modal opened onClose={onClose} title={t("executing.killTitle", { count: victims.length })}>
      <Stack gap="sm">
        <ul className={classes.victims}>
          {victims.map((victim) => (
            <li key={victim.id}>
              <Status status={victim.status} as="icon" /> #{victim.id}{" "}
              <strong>
                {victim.project} / {victim.flow}
              </strong>{" "}
              <span className="muted">{victim.user}</span>
            </li>
          ))}
        </ul>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button
            color="red"
            leftSection={<Square size={12} fill="currentColor" />}
            loading={kill.isPending}
            onClick={() => kill.mutate()}
          >
            {t("executing.killMany", { count: victims.length })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

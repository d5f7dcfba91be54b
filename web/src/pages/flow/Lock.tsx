import { Button, Group, Modal, Stack, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Lock } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { path, write } from "../../api/client";
import type { Flow } from "../../api/types";
import { Time } from "../../time/Time";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import classes from "./Lock.module.css";

function useRefresh(project: string) {
  const queries = useQueryClient();
  return async () => {
    void queries.invalidateQueries({ queryKey: ["flows", project] });
    void queries.invalidateQueries({ queryKey: ["schedules"] });
    void queries.invalidateQueries({ queryKey: ["preview", project] });
    await queries.invalidateQueries({ queryKey: ["flow", project] });
  };
}

export function useUnlock(project: string, flow: string) {
  const { t } = useTranslation();
  const refresh = useRefresh(project);
  return useMutation({
    mutationFn: () => write("DELETE", path("/projects/{}/flows/{}/lock", project, flow)),
    onSuccess: async () => {
      await refresh();
      say(t("lock.unlocked", { flow }));
    },
  });
}

/** Who locked the flow, when and why, and what that means; nothing for one that is not locked. */
export function LockNote({ project, flow, mayUnlock }: { project: string; flow: Flow; mayUnlock: boolean }) {
  const { t } = useTranslation();
  const unlock = useUnlock(project, flow.flow);
  const { lock } = flow;
  if (!lock) return null;
  return (
    <div className={classes.note} role="note">
      <Lock size={16} aria-hidden="true" />
      <div className={classes.text}>
        <strong>
          {t("flow.locked")}
          {lock.message && `: ${lock.message}`}
        </strong>
        <div>
          {lock.lockedBy && (
            <>
              {t("lock.by", { user: lock.lockedBy })} · <Time at={lock.lockedAt} /> ·{" "}
            </>
          )}
          {t("lock.means")}
        </div>
      </div>
      {mayUnlock && (
        <Button variant="default" size="compact-sm" loading={unlock.isPending} onClick={() => unlock.mutate()}>
          {t("lock.unlock")}
        </Button>
      )}
    </div>
  );
}

/** Locks a flow, with a word for those who meet the lock. */
export function LockDialog({ project, flow, onClose }: { project: string; flow: string; onClose: () => void }) {
  const { t } = useTranslation();
  const refresh = useRefresh(project);
  const [message, setMessage] = useState("");
  const lock = useMutation({
    mutationFn: () =>
      write("PUT", path("/projects/{}/flows/{}/lock", project, flow), { message: message.trim() || null }),
    meta: { shown: true },
    onSuccess: async () => {
      await refresh();
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    lock.mutate();
  };
  return (
    <Modal opened onClose={onClose} title={t("lock.title", { flow })}>
      <form onSubmit={submit}>
        <Stack gap="sm">
          <p>{t("lock.text")}</p>
          <Textarea
            autosize
            data-autofocus
            label={t("lock.message")}
            placeholder={t("lock.messageHint")}
            maxLength={2_000}
            value={message}
            onChange={(event) => setMessage(event.currentTarget.value)}
          />
          {lock.error && (
            <div role="alert">
              <ProblemText error={lock.error} />
            </div>
          )}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              {t("action.cancel")}
            </Button>
            <Button type="submit" loading={lock.isPending}>
              {t("lock.lock")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

import { Button, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { renewed, write } from "../api/client";
import { Problem } from "../api/problem";
import type { Session } from "../api/types";
import { boot } from "../boot";
import { sessionRenewed, useExpired } from "./session";

/** The session ended: asks for the password over the page, which stays as it is. */
export function ReLogin() {
  const { t } = useTranslation();
  const expired = useExpired();
  const queries = useQueryClient();
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const login = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = new FormData(event.currentTarget).get("password");
    setBusy(true);
    try {
      const session = await write<Session>("POST", "/session", { username: boot.user, password });
      renewed(session.csrfToken);
      setProblem("");
      sessionRenewed();
      await queries.invalidateQueries();
    } catch (error) {
      setProblem(
        error instanceof Problem && error.status === 401 ? t("login.wrong") : String((error as Error).message),
      );
    }
    setBusy(false);
  };
  return (
    <Modal opened={expired} onClose={() => {}} withCloseButton={false} title={t("login.again")} size="sm">
      <form onSubmit={(event) => void login(event)}>
        <Stack gap="sm">
          <Text size="sm">{t("login.againText", { user: boot.user })}</Text>
          <input type="hidden" name="username" autoComplete="username" value={boot.user} readOnly />
          <PasswordInput
            name="password"
            label={t("login.password")}
            autoComplete="current-password"
            data-autofocus
            required
            error={problem}
          />
          <Button type="submit" loading={busy}>
            {t("login.signIn")}
          </Button>
          <a href="/?logout">{t("login.other")}</a>
        </Stack>
      </form>
    </Modal>
  );
}

import { ActionIcon, Button, Group, Menu, Modal, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { get, path, write } from "../../api/client";
import type { SavedView } from "../../api/types";
import { boot } from "../../boot";
import { useGo } from "../../navigation";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";

interface Change {
  id: number;
  name?: string;
  query?: string;
  shared?: boolean;
}

/** Filters of the history that have a name: one's own and those that others share. `query` is what is shown now. */
export function ViewsMenu({ query }: { query: string }) {
  const { t } = useTranslation();
  const go = useGo();
  const [dialog, setDialog] = useState<"save" | "manage" | null>(null);
  const { data } = useQuery({
    queryKey: ["views"],
    queryFn: ({ signal }) => get<{ items: SavedView[] }>("/views", {}, signal),
    staleTime: 60_000,
  });
  const views = data?.items ?? [];
  const own = views.filter((view) => view.user === boot.user);
  const others = views.filter((view) => view.user !== boot.user);
  const current = views.find((view) => view.query === query);
  const item = (view: SavedView) => (
    <Menu.Item
      key={view.id}
      onClick={() => go(`/history${view.query && `?${view.query}`}`)}
      rightSection={view.id === current?.id ? "✓" : view.user === boot.user ? undefined : view.user}
    >
      {view.name}
    </Menu.Item>
  );
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" leftSection={<Bookmark size={14} />}>
            {current?.name ?? t("views.title")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {own.length > 0 && <Menu.Label>{t("views.own")}</Menu.Label>}
          {own.map(item)}
          {others.length > 0 && <Menu.Label>{t("views.others")}</Menu.Label>}
          {others.map(item)}
          {views.length > 0 && <Menu.Divider />}
          <Menu.Item disabled={query === "" || current !== undefined} onClick={() => setDialog("save")}>
            {t("views.save")}
          </Menu.Item>
          <Menu.Item
            disabled={own.length === 0 && !(boot.admin && others.length > 0)}
            onClick={() => setDialog("manage")}
          >
            {t("views.manage")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={dialog !== null}
        onClose={() => setDialog(null)}
        title={dialog === "manage" ? t("views.manage") : t("views.save")}
      >
        {dialog === "save" && <Save query={query} onClose={() => setDialog(null)} />}
        {dialog === "manage" && <Manage views={boot.admin ? views : own} query={query} />}
      </Modal>
    </>
  );
}

function Save({ query, onClose }: { query: string; onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  const save = useMutation({
    mutationFn: () => write("POST", "/views", { name, query, shared }),
    meta: { shown: true },
    onSuccess: () => {
      say(t("views.saved", { name }));
      void queries.invalidateQueries({ queryKey: ["views"] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={t("me.name")}
          required
          data-autofocus
          maxLength={100}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Switch
          label={t("views.share")}
          checked={shared}
          onChange={(event) => setShared(event.currentTarget.checked)}
        />
        {save.error && <ProblemText error={save.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>
            {t("action.save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

function Manage({ views, query }: { views: SavedView[]; query: string }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const onSettled = () => void queries.invalidateQueries({ queryKey: ["views"] });
  const change = useMutation({
    mutationFn: ({ id, ...rest }: Change) => write("PATCH", path("/views/{}", id), rest),
    onSettled,
  });
  const remove = useMutation({
    mutationFn: (id: number) => write("DELETE", path("/views/{}", id)),
    onSettled,
  });
  return (
    <Stack gap="md">
      {views.map((view) => {
        const own = view.user === boot.user;
        return (
          <Group key={view.id} gap="xs" wrap="nowrap" align="center">
            <TextInput
              style={{ flex: 1 }}
              aria-label={t("views.nameOf", { name: view.name })}
              defaultValue={view.name}
              disabled={!own}
              maxLength={100}
              onBlur={(event) => {
                const name = event.currentTarget.value.trim();
                if (name && name !== view.name) change.mutate({ id: view.id, name });
              }}
            />
            <Switch
              label={t("views.shared")}
              checked={view.shared}
              disabled={!own}
              onChange={(event) => change.mutate({ id: view.id, shared: event.currentTarget.checked })}
            />
            {own && query !== "" && query !== view.query && (
              <Button variant="subtle" size="compact-sm" onClick={() => change.mutate({ id: view.id, query })}>
                {t("views.replace")}
              </Button>
            )}
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("views.delete", { name: view.name })}
              onClick={() => remove.mutate(view.id)}
            >
              <Trash2 size={16} />
            </ActionIcon>
          </Group>
        );
      })}
      {views.length === 0 && <p className="muted">{t("views.none")}</p>}
    </Stack>
  );
}

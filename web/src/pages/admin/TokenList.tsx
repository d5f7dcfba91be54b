import { Button, CopyButton, Group, Modal, Radio, Select, Stack, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { path, all as readAll, write } from "../../api/client";
import { fieldError } from "../../api/problem";
import type { ApiToken, CreatedToken, TokenScope } from "../../api/types";
import { boot, serverNow } from "../../boot";
import { Time, useNow } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Cut } from "../../ui/Cut";
import { type Column, DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import { ProblemText } from "../../ui/ErrorPanel";
import { say } from "../../ui/toast";
import classes from "./Admin.module.css";

const SCOPES: TokenScope[] = ["read", "execute", "all"];
const DAY_MS = 86_400_000;
const LIVES = ["7", "30", "90", "365", "never"] as const;

/** Everybody's tokens, or one's own. */
export function TokenList({ all, user }: { all?: boolean; user?: string | undefined }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [create, setCreate] = useState(false);
  const query = useQuery({
    queryKey: ["tokens", all ? "all" : "own"],
    queryFn: ({ signal }) => readAll<ApiToken>("/tokens", { all: all || undefined }, signal),
  });
  const revoke = useMutation({
    mutationFn: (token: ApiToken) => write("DELETE", path("/tokens/{}", token.id)),
    onSuccess: (_, token) => {
      say(t("tokens.revoked", { name: token.name }));
      void queries.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
  const [doomed, setDoomed] = useState<number | null>(null);
  const columns: Column<ApiToken>[] = [
    { key: "name", head: t("me.name"), phone: "main", cell: (token) => <strong>{token.name}</strong> },
    ...(all ? [{ key: "user", head: t("projectLog.user"), cell: (token: ApiToken) => token.user }] : []),
    {
      key: "scope",
      head: t("tokens.scope"),
      cell: (token) => (
        <span className={classes.tag} data-family={token.scope === "all" ? "warn" : undefined}>
          {t(`tokens.scopes.${token.scope}`)}
        </span>
      ),
    },
    { key: "created", head: t("tokens.created"), phone: "never", cell: (token) => <Time at={token.createdAt} /> },
    {
      key: "used",
      head: t("tokens.used"),
      cell: (token) =>
        token.usedAt === null ? (
          <span className="muted">{t("tokens.unused")}</span>
        ) : (
          <span>
            <Time at={token.usedAt} /> <span className="muted mono">{token.usedIp}</span>
          </span>
        ),
    },
    {
      key: "expires",
      head: t("tokens.expires"),
      cell: (token) => <Expiry at={token.expiresAt} />,
    },
    {
      key: "revoke",
      head: <span className="visually-hidden">{t("action.actions")}</span>,
      cell: (token) => (
        <span className={classes.right}>
          {doomed === token.id ? (
            <>
              <Button size="compact-sm" color="red" loading={revoke.isPending} onClick={() => revoke.mutate(token)}>
                {t("tokens.revokeSure")}
              </Button>
              <Button size="compact-sm" variant="default" onClick={() => setDoomed(null)}>
                {t("action.cancel")}
              </Button>
            </>
          ) : (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<Trash2 size={14} />}
              onClick={() => setDoomed(token.id)}
            >
              {t("tokens.revoke")}
            </Button>
          )}
        </span>
      ),
    },
  ];
  return (
    <>
      <div className={classes.panelHead}>
        <span className="muted" style={{ fontSize: 13, fontWeight: 400 }}>
          {t("tokens.intro")}
        </span>
        <Button variant="default" leftSection={<Plus size={14} />} onClick={() => setCreate(true)}>
          {t("tokens.create")}
        </Button>
      </div>
      <Async query={query} rows={3}>
        {({ items }) => {
          const rows = user ? items.filter((token) => token.user === user) : items;
          if (rows.length === 0) return <Empty title={t("tokens.none")}>{t("tokens.noneNext")}</Empty>;
          return (
            <>
              <DataTable label={t("admin.tokens")} rows={rows} id={(token) => token.id} columns={columns} />
              <Cut page={query.data} />
            </>
          );
        }}
      </Async>
      <Modal opened={create} onClose={() => setCreate(false)} title={t("tokens.create")}>
        <Create onClose={() => setCreate(false)} />
      </Modal>
    </>
  );
}

/** Until when a token is good; it expires while somebody looks. */
function Expiry({ at }: { at: number | null }) {
  const { t } = useTranslation();
  const now = useNow(at !== null);
  if (at === null) return <span className="muted">{t("tokens.never")}</span>;
  if (at > now) return <Time at={at} always="absolute" />;
  return (
    <span className={classes.tag} data-family="fail">
      {t("tokens.expired")}
    </span>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const queries = useQueryClient();
  const [name, setName] = useState("");
  const [scope, setScope] = useState<TokenScope>("read");
  const [life, setLife] = useState<string>("90");
  const make = useMutation({
    mutationFn: () =>
      write<CreatedToken>("POST", "/tokens", {
        name,
        scope,
        ...(life !== "never" && { expiresAt: serverNow() + Number(life) * DAY_MS }),
      }),
    meta: { shown: true },
    onSuccess: () => void queries.invalidateQueries({ queryKey: ["tokens"] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  if (make.data) {
    const { secret } = make.data;
    return (
      <Stack gap="md">
        <p>{t("tokens.once")}</p>
        <div className={classes.secret}>
          <code className="mono" data-testid="secret">
            {secret}
          </code>
        </div>
        <pre className={`${classes.secret} mono`} style={{ whiteSpace: "pre-wrap" }}>
          {`curl -H "Authorization: Bearer $TOKEN" ${window.location.origin}/api/v1/session`}
        </pre>
        <Group justify="flex-end" gap="xs">
          <CopyButton value={secret}>
            {({ copied, copy }) => <Button onClick={copy}>{copied ? t("action.copied") : t("tokens.copy")}</Button>}
          </CopyButton>
          <Button variant="default" onClick={onClose}>
            {t("action.close")}
          </Button>
        </Group>
      </Stack>
    );
  }
  const nameError = fieldError(make.error, "name");
  return (
    <form onSubmit={submit}>
      <Stack gap="md">
        <TextInput
          label={t("me.name")}
          description={t("tokens.nameHint")}
          required
          data-autofocus
          maxLength={100}
          value={name}
          error={nameError}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Radio.Group label={t("tokens.scope")} value={scope} onChange={(value) => setScope(value as TokenScope)}>
          <Stack gap="xs" mt="xs">
            {SCOPES.map((each) => (
              <Radio
                key={each}
                value={each}
                label={t(`tokens.scopes.${each}`)}
                description={t(`tokens.scopeHints.${each}`, { user: boot.user })}
              />
            ))}
          </Stack>
        </Radio.Group>
        <Select
          label={t("tokens.expires")}
          allowDeselect={false}
          value={life}
          onChange={(value) => setLife(value ?? "90")}
          data={LIVES.map((value) => ({
            value,
            label: value === "never" ? t("tokens.never") : t("tokens.days", { count: Number(value) }),
          }))}
        />
        {make.error && !nameError && <ProblemText error={make.error} />}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {t("action.cancel")}
          </Button>
          <Button type="submit" loading={make.isPending} disabled={name.trim() === ""}>
            {t("action.create")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Button, TextInput } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../../api/client";
import type { Page, User } from "../../api/types";
import { A, useParams } from "../../navigation";
import { Time } from "../../time/Time";
import { Async } from "../../ui/Async";
import { Dash } from "../../ui/Dash";
import { DataTable } from "../../ui/DataTable";
import { Empty } from "../../ui/Empty";
import ui from "../../ui/ui.module.css";
import classes from "./Admin.module.css";
import { AdminFrame } from "./AdminFrame";
import { Sessions } from "./Sessions";

/** Who can log in, what their roles allow, and where they are logged in. */
export default function Users() {
  const [search] = useParams();
  return <AdminFrame tab="users">{() => <List term={search.q ?? ""} />}</AdminFrame>;
}

function List({ term }: { term: string }) {
  const { t } = useTranslation();
  const [, setSearch] = useParams();
  const q = useDeferredValue(term.trim());
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const toggle = (name: string) => {
    const next = new Set(open);
    if (!next.delete(name)) next.add(name);
    setOpen(next);
  };
  const query = useInfiniteQuery({
    queryKey: ["users", q],
    queryFn: ({ pageParam, signal }) => get<Page<User>>("/users", { q, cursor: pageParam, limit: 100 }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
  });
  const tags = (values: string[]) =>
    values.length === 0 ? (
      <Dash />
    ) : (
      <span className={classes.tags}>
        {values.map((value) => (
          <span key={value} className={classes.tag}>
            {value}
          </span>
        ))}
      </span>
    );
  return (
    <>
      <div className={ui.toolbar}>
        <TextInput
          data-filter=""
          className={classes.filter}
          aria-label={t("users.filter")}
          placeholder={t("users.filter")}
          leftSection={<Search size={14} />}
          value={term}
          onChange={(event) => setSearch({ q: event.currentTarget.value || undefined })}
        />
      </div>
      <Async query={query}>
        {({ pages }) => {
          const rows = pages.flatMap((page) => page.items);
          if (rows.length === 0) return <Empty title={t("users.none")} />;
          return (
            <DataTable
              label={t("admin.users")}
              rows={rows}
              id={(user) => user.name}
              onEnd={query.hasNextPage && !query.isFetching ? () => void query.fetchNextPage() : undefined}
              {...(open.size > 0 && {
                below: (user: User) =>
                  open.has(user.name) && (
                    <div className={classes.inner}>
                      <Sessions user={user.name} />
                    </div>
                  ),
              })}
              columns={[
                {
                  key: "name",
                  head: t("me.name"),
                  phone: "main",
                  cell: (user) => (
                    <span className={classes.cell}>
                      <strong>{user.name}</strong>
                      {user.email && <span className="muted">{user.email}</span>}
                    </span>
                  ),
                },
                { key: "roles", head: t("me.roles"), cell: (user) => tags(user.roles) },
                { key: "groups", head: t("me.groups"), cell: (user) => tags(user.groups) },
                {
                  key: "permissions",
                  head: t("users.permissions"),
                  phone: "never",
                  cell: (user) =>
                    user.permissions.length > 0 ? <span className="mono">{user.permissions.join(" ")}</span> : <Dash />,
                },
                {
                  key: "password",
                  head: t("login.password"),
                  cell: (user) =>
                    user.passwordHashed ? (
                      <span className={classes.tag} data-family="ok">
                        {t("users.hashed")}
                      </span>
                    ) : (
                      <span className={classes.tag} data-family="warn" title={t("users.plainHint")}>
                        {t("users.plain")}
                      </span>
                    ),
                },
                {
                  key: "tokens",
                  head: t("admin.tokens"),
                  num: true,
                  phone: "never",
                  cell: (user) =>
                    user.tokens > 0 ? (
                      <A href={`/admin/tokens?user=${encodeURIComponent(user.name)}`}>{user.tokens}</A>
                    ) : (
                      <span className="muted">0</span>
                    ),
                },
                { key: "seen", head: t("users.seen"), phone: "never", cell: (user) => <Time at={user.seenAt} /> },
                {
                  key: "sessions",
                  head: <span className="visually-hidden">{t("sessions.title")}</span>,
                  num: true,
                  cell: (user) =>
                    user.sessions === 0 && !open.has(user.name) ? (
                      <span className="muted">{t("users.sessions", { count: 0 })}</span>
                    ) : (
                      <Button
                        variant="subtle"
                        size="compact-sm"
                        aria-expanded={open.has(user.name)}
                        rightSection={open.has(user.name) ? <ChevronDown size={14} /> : <ChevronRight size={14} />}
                        onClick={() => toggle(user.name)}
                      >
                        {t("users.sessions", { count: user.sessions })}
                      </Button>
                    ),
                },
              ]}
            />
          );
        }}
      </Async>
    </>
  );
}

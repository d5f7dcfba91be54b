import { Modal, TextInput } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useEffect, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../api/client";
import type { SearchHit } from "../api/types";
import { boot } from "../boot";
import { ADMIN_PAGES, adminPages, to, useGo } from "../navigation";
import { recents } from "../recent";
import { useBookmarks } from "../stars";
import { Status } from "../status/Status";
import classes from "./Shell.module.css";

interface Hit {
  id: string;
  text: ReactNode;
  kind: string;
  href: string;
}

/** Marks and pages looked at last that are shown before anything is typed. */
const MOST_PERSONAL = 6;

/** Where pages lead when nothing is typed, and what is matched beside the server's hits. */
function usePages(): { text: string; href: string }[] {
  const { t } = useTranslation();
  return [
    { text: t("nav.home"), href: to.home() },
    { text: t("nav.projects"), href: to.projects() },
    { text: t("nav.executing"), href: to.executing() },
    { text: t("nav.history"), href: to.history() },
    { text: t("nav.schedules"), href: to.schedules() },
    { text: t("nav.sla"), href: to.sla() },
    { text: t("nav.triggers"), href: "/triggers" },
    { text: t("nav.flowTriggers"), href: "/flowtrigger" },
    { text: t("nav.executors"), href: "/executors" },
    { text: t("nav.me"), href: "/me" },
    ...adminPages(boot.admin).map((id) => ({ text: `${t("nav.admin")} · ${t(`admin.${id}`)}`, href: ADMIN_PAGES[id] })),
  ];
}

function link(hit: SearchHit): string {
  if (hit.kind === "execution" && hit.execution !== null) return to.execution(hit.execution);
  if (hit.kind === "job" && hit.flow !== null && hit.path !== null) return to.job(hit.project, hit.flow, hit.path);
  if (hit.kind === "flow" && hit.flow !== null) return to.flow(hit.project, hit.flow);
  return to.project(hit.project);
}

function words(hit: SearchHit): ReactNode {
  if (hit.kind === "execution") {
    return (
      <>
        {hit.status && <Status status={hit.status} as="icon" />} #{hit.execution}{" "}
        <span className="muted">
          {hit.project} / {hit.flow}
        </span>
      </>
    );
  }
  const parents =
    hit.kind === "job" ? `${hit.project} / ${hit.flow} / ` : hit.kind === "flow" ? `${hit.project} / ` : "";
  const own = hit.kind === "job" ? hit.path : hit.kind === "flow" ? hit.flow : hit.project;
  return (
    <span>
      <span className="muted">{parents}</span>
      {own}
    </span>
  );
}

/** One search over everything, by keyboard. */
export function Palette({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal.Root opened={opened} onClose={onClose} size="lg" centered={false} yOffset="10vh">
      <Modal.Overlay />
      <Modal.Content aria-label={t("nav.searchOrJump")}>
        <Modal.Body>
          <Inner onClose={onClose} />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

function Inner({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const go = useGo();
  const list = useId();
  const pages = usePages();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const wanted = useDeferredValue(text.normalize("NFKC").trim());
  const { data } = useQuery({
    queryKey: ["search", wanted],
    queryFn: ({ signal }) => get<{ items: SearchHit[] }>("/search", { q: wanted, limit: 20 }, signal),
    enabled: wanted !== "",
    placeholderData: keepPreviousData,
  });
  const found = wanted ? (data?.items ?? []) : [];
  const bookmarks = useBookmarks();
  const [last] = useState(recents);
  const fits = (each: string) => each.normalize("NFKC").toLowerCase().includes(wanted.toLowerCase());
  const marked = bookmarks
    .map(({ project, flow }) => ({
      text: flow === null ? project : `${project} / ${flow}`,
      href: flow === null ? to.project(project) : to.flow(project, flow),
    }))
    .filter(({ text }) => fits(text))
    .slice(0, MOST_PERSONAL);
  const visited = last
    .filter(({ text, href }) => fits(text) && marked.every((mark) => mark.href !== href))
    .slice(0, MOST_PERSONAL);
  const hits: Hit[] = [
    ...marked.map(({ text, href }) => ({ id: `mark ${href}`, text: `★ ${text}`, kind: t("palette.bookmark"), href })),
    ...visited.map(({ text, href }) => ({ id: `recent ${href}`, text, kind: t("palette.recent"), href })),
    ...pages
      .filter((page) => page.text.toLowerCase().includes(wanted.toLowerCase()))
      .map((page) => ({ id: page.href, text: page.text, kind: t("palette.page"), href: page.href })),
    ...found.map((hit) => ({
      id: `${hit.kind} ${hit.project} ${hit.flow} ${hit.path} ${hit.execution}`,
      text: words(hit),
      kind: t(`palette.${hit.kind}`),
      href: link(hit),
    })),
  ];
  const selected = Math.min(at, hits.length - 1);
  useEffect(() => {
    document.getElementById(`${list}-${selected}`)?.scrollIntoView({ block: "nearest" });
  }, [list, selected]);
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    go(hit.href);
  };
  const key = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") setAt((selected + 1) % Math.max(1, hits.length));
    else if (event.key === "ArrowUp") setAt((selected + hits.length - 1) % Math.max(1, hits.length));
    else if (event.key === "Enter") open(hits[selected]);
    else return;
    event.preventDefault();
  };
  return (
    <>
      <TextInput
        size="md"
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={hits.length ? `${list}-${selected}` : undefined}
        aria-label={t("nav.searchOrJump")}
        placeholder={t("palette.placeholder")}
        leftSection={<Search size={16} />}
        data-autofocus
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={key}
      />
      <ul id={list} role="listbox" className={classes.hits} aria-label={t("palette.hits")}>
        {hits.map((hit, index) => (
          <li
            key={hit.id}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === selected}
            className={classes.hit}
            onPointerMove={() => setAt(index)}
            onClick={() => open(hit)}
          >
            {hit.text}
            <span className={classes.hitKind}>{hit.kind}</span>
          </li>
        ))}
        {hits.length === 0 && <li className={classes.hit}>{t("palette.nothing")}</li>}
      </ul>
    </>
  );
}

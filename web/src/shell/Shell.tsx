import { MantineThemeProvider } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { CalendarClock, FolderKanban, History, House, Play, Search, Server, ShieldCheck, Timer } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { get } from "../api/client";
import type { Running } from "../api/types";
import { boot } from "../boot";
import { useTopics } from "../live/live";
import { A, to, useGo } from "../navigation";
import { setPreference, usePreference } from "../preferences";
import { Boundary } from "../ui/ErrorPanel";
import { ConnectionBar } from "./ConnectionBar";
import { Help } from "./Help";
import { useKeys } from "./keys";
import { NoteBar } from "./NoteBar";
import { Palette } from "./Palette";
import { ReLogin } from "./ReLogin";
import classes from "./Shell.module.css";
import { TopBar } from "./TopBar";

const ITEMS = [
  { id: "home", href: to.home(), icon: House, paths: ["/home"], phone: true },
  { id: "projects", href: to.projects(), icon: FolderKanban, paths: ["/index", "/manager"], phone: true },
  { id: "executing", href: to.executing(), icon: Play, paths: ["/executor"], phone: true },
  { id: "history", href: to.history(), icon: History, paths: ["/history", "/compare"], phone: true },
  {
    id: "schedules",
    href: to.schedules(),
    icon: CalendarClock,
    paths: ["/schedule", "/triggers", "/flowtrigger", "/flowtriggerinstance"],
    phone: false,
  },
  { id: "sla", href: to.sla(), icon: Timer, paths: ["/sla"], phone: false },
  { id: "executors", href: "/executors", icon: Server, paths: ["/executors"], phone: false },
  {
    id: "admin",
    href: "/admin/users",
    icon: ShieldCheck,
    paths: ["/admin", "/admin/users", "/admin/tokens", "/admin/audit", "/admin/settings", "/notes", "/stats", "/jmx"],
    phone: false,
  },
] as const;

/** How many run and wait, for the rail and the home page. */
export function useRunning(everyMs?: number) {
  useTopics("running");
  return useQuery({
    queryKey: ["running"],
    queryFn: ({ signal }) => get<Running>("/running", {}, signal),
    refetchInterval: everyMs ?? false,
  });
}

/** The frame around every page. */
export function Shell() {
  const { t } = useTranslation();
  const go = useGo();
  const rail = usePreference("rail");
  const [palette, setPalette] = useState(false);
  const [help, setHelp] = useState(false);
  useKeys("shell", {
    "$mod+k": ["keys.palette", () => setPalette(true)],
    "?": ["keys.help", () => setHelp(true)],
    "Shift+?": ["keys.help", () => setHelp(true)],
    "g h": ["keys.goHome", () => go(to.home())],
    "g p": ["keys.goProjects", () => go(to.projects())],
    "g e": ["keys.goExecuting", () => go(to.executing())],
    "g y": ["keys.goHistory", () => go(to.history())],
    "g s": ["keys.goSchedules", () => go(to.schedules())],
    "g l": ["keys.goSla", () => go(to.sla())],
    "g x": ["keys.goExecutors", () => go("/executors")],
    "/": ["keys.filter", () => document.querySelector<HTMLInputElement>("main input[data-filter]")?.focus()],
    "[": ["keys.rail", () => setPreference("rail", rail === "wide" ? "narrow" : "wide")],
  });
  // Every dialog's button says in the user's language that it closes.
  const closing = { defaultProps: { closeButtonProps: { "aria-label": t("action.close") } } };
  return (
    <MantineThemeProvider inherit theme={{ components: { Modal: closing, Drawer: closing } }}>
      <div className={classes.frame} data-rail={rail}>
        <a className={classes.skip} href="#main">
          {t("nav.skip")}
        </a>
        <div className={classes.colorBar} style={{ background: boot.color }} />
        <TopBar onSearch={() => setPalette(true)} onHelp={() => setHelp(true)} />
        <Rail />
        <main id="main" className={classes.main} tabIndex={-1}>
          <ConnectionBar />
          <NoteBar />
          <Boundary>
            <Outlet />
          </Boundary>
        </main>
        <BottomBar onSearch={() => setPalette(true)} />
        <Palette opened={palette} onClose={() => setPalette(false)} />
        <Help opened={help} onClose={() => setHelp(false)} />
        <ReLogin />
      </div>
    </MantineThemeProvider>
  );
}

function useActive(): string {
  const path = useLocation({ select: (location) => location.pathname });
  const search = useLocation({ select: (location) => location.search as Record<string, string> });
  // An execution belongs to its project.
  if (path === "/executor" && search.execid) return "projects";
  return ITEMS.find((item) => (item.paths as readonly string[]).includes(path))?.id ?? "";
}

function Rail() {
  const { t } = useTranslation();
  const active = useActive();
  const narrow = usePreference("rail") === "narrow";
  const { data } = useRunning();
  return (
    <nav className={classes.rail} aria-label={t("nav.main")}>
      {ITEMS.filter(({ id }) => id !== "admin" || boot.admin).map(({ id, href, icon: Icon }) => (
        <A
          key={id}
          href={href}
          className={classes.item}
          aria-current={id === active ? "page" : undefined}
          title={narrow ? t(`nav.${id}`) : undefined}
          aria-label={narrow ? t(`nav.${id}`) : undefined}
        >
          <Icon size={18} aria-hidden="true" />
          {!narrow && <span className={classes.itemText}>{t(`nav.${id}`)}</span>}
          {id === "executing" && data && data.running.length + data.queue.length > 0 && (
            <span className={classes.badge}>
              <span title={t("nav.runningCount", { count: data.running.length })}>{data.running.length}</span>
              {data.queue.length > 0 && (
                <span title={t("nav.queuedCount", { count: data.queue.length })}> · {data.queue.length}</span>
              )}
            </span>
          )}
        </A>
      ))}
      <div className={classes.version}>{narrow ? "" : `Azkaban ${boot.version}`}</div>
    </nav>
  );
}

function BottomBar({ onSearch }: { onSearch: () => void }) {
  const { t } = useTranslation();
  const active = useActive();
  return (
    <nav className={classes.bottom} aria-label={t("nav.main")}>
      {ITEMS.filter((item) => item.phone).map(({ id, href, icon: Icon }) => (
        <A key={id} href={href} className={classes.bottomItem} aria-current={id === active ? "page" : undefined}>
          <Icon size={20} aria-hidden="true" />
          {t(`nav.${id}`)}
        </A>
      ))}
      <button type="button" className={classes.bottomItem} onClick={onSearch}>
        <Search size={20} aria-hidden="true" />
        {t("nav.search")}
      </button>
    </nav>
  );
}

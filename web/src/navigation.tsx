import { useLocation, useRouter } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, MouseEvent, Ref } from "react";
import { type Search, stringifySearch } from "./search";

/** Addresses of pages. All are Azkaban's where Azkaban has the page. */
export const to = {
  home: () => "/home",
  projects: (search: Search = {}) => `/index${stringifySearch(search)}`,
  project: (project: string, tab = "") => `/manager${stringifySearch({ project })}${tab && `#${tab}`}`,
  permissions: (project: string) => `/manager${stringifySearch({ project, permissions: "" })}`,
  projectLog: (project: string) => `/manager${stringifySearch({ project, logs: "" })}`,
  flow: (project: string, flow: string, tab = "") => `/manager${stringifySearch({ project, flow })}${tab && `#${tab}`}`,
  run: (project: string, flow: string, search: Search = {}) =>
    `/manager${stringifySearch({ project, flow, ...search, run: "1" })}`,
  job: (project: string, flow: string, job: string) => `/manager${stringifySearch({ project, flow, job })}`,
  jobHistory: (project: string, job: string, flow?: string) =>
    `/manager${stringifySearch({ project, job, history: "", flow })}`,
  execution: (execid: number, tab = "") => `/executor${stringifySearch({ execid })}${tab && `#${tab}`}`,
  log: (execid: number, job: string, search: Record<string, unknown> = {}) =>
    `/executor${stringifySearch({ execid, job, ...search })}`,
  executing: (tab = "") => `/executor${tab && `#${tab}`}`,
  history: (search: Search = {}) => `/history${stringifySearch(search)}`,
  schedules: (search: Search = {}) => `/schedule${stringifySearch(search)}`,
  /** What differs between two versions of a project. */
  versions: (project: string, from: number, to: number) =>
    `/manager${stringifySearch({ project, diff: `${from}-${to}` })}#versions`,
  sla: () => "/sla",
  compare: (a: number, b: number) => `/compare${stringifySearch({ a, b })}`,
};

/** The pages of administrators; the figures are for everybody. */
export const ADMIN_PAGES = {
  users: "/admin/users",
  tokens: "/admin/tokens",
  audit: "/admin/audit",
  notes: "/notes",
  settings: "/admin/settings",
  figures: "/stats",
} as const;

export type AdminPage = keyof typeof ADMIN_PAGES;

/** Those that the user may look at. */
export function adminPages(admin: boolean): AdminPage[] {
  return (Object.keys(ADMIN_PAGES) as AdminPage[]).filter((id) => admin || id === "figures");
}

/** Goes to an address of the app without loading the page anew. */
export function useGo(): (href: string, options?: { replace?: boolean }) => void {
  const router = useRouter();
  return (href, options = {}) => {
    if (options.replace) router.history.replace(href);
    else router.history.push(href);
  };
}

type AProps = AnchorHTMLAttributes<HTMLAnchorElement> & { href: string; ref?: Ref<HTMLAnchorElement> };

/** A link inside the app; with a modifier key the browser does what it always does. */
export function A({ href, onClick, ref, ...rest }: AProps) {
  const go = useGo();
  const click = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (event.defaultPrevented || !plain || rest.target) return;
    event.preventDefault();
    go(href);
  };
  return <a ref={ref} href={href} onClick={click} {...rest} />;
}

/** The query of the address and a way to change some of its keys; `undefined` removes one. */
export function useParams(): [
  Search,
  (change: Record<string, string | undefined>, options?: { push?: boolean }) => void,
] {
  const router = useRouter();
  const search = useLocation({ select: (location) => location.search as Search });
  return [
    search,
    (change, options = {}) => {
      const { pathname, search: current, hash } = router.state.location;
      const href = `${pathname}${stringifySearch({ ...(current as Search), ...change })}${hash && `#${hash}`}`;
      if (options.push) router.history.push(href);
      else router.history.replace(href);
    },
  ];
}

/** The tab that the address names after `#`; one that the page does not have is its first. */
export function useTab<T extends string>(tabs: readonly T[]): [T, (tab: T) => void] {
  const router = useRouter();
  const hash = useLocation({ select: (location) => location.hash });
  const current = tabs.find((tab) => tab === hash) ?? (tabs[0] as T);
  return [
    current,
    (tab) => {
      const { pathname, searchStr } = router.state.location;
      router.history.replace(`${pathname}${searchStr}#${tab}`);
    },
  ];
}

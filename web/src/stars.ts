import { useSyncExternalStore } from "react";
import { get, path, write } from "./api/client";
import type { Bookmark } from "./api/types";
import { showProblem } from "./ui/toast";

/** Where earlier versions kept marks: in the browser alone. */
const OLD_KEY = "azkaban.stars";
const NONE: readonly Bookmark[] = [];

const listeners = new Set<() => void>();
let marks: readonly Bookmark[] | undefined;
let projects: ReadonlySet<string> = new Set();
let loading = false;

function set(next: readonly Bookmark[]) {
  marks = next;
  projects = new Set(next.filter((mark) => mark.flow === null).map((mark) => mark.project));
  for (const listener of listeners) listener();
}

const resource = ({ project, flow }: Pick<Bookmark, "project" | "flow">) =>
  flow === null ? path("/bookmarks/{}", project) : path("/bookmarks/{}/flows/{}", project, flow);

/** Marks of this browser go to the server, where every browser of the user has them. */
async function moveOld() {
  const old: unknown = JSON.parse(localStorage.getItem(OLD_KEY) ?? "null");
  if (!Array.isArray(old)) return;
  await Promise.allSettled(old.map((name) => write("PUT", resource({ project: String(name), flow: null }))));
  localStorage.removeItem(OLD_KEY);
}

async function load() {
  if (loading || marks) return;
  loading = true;
  try {
    await moveOld().catch(() => {});
    set((await get<{ items: Bookmark[] }>("/bookmarks")).items);
  } catch {
    // Stars are a comfort: without them the page is whole, and the next page asks again.
  } finally {
    loading = false;
  }
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  void load();
  return () => {
    listeners.delete(listener);
  };
}

const same = (a: Bookmark, project: string, flow: string | null) => a.project === project && a.flow === flow;

/** Marks a project or flow, or takes the mark away: at once here, and taken back if the server refuses. */
export function toggleStar(project: string, flow: string | null = null) {
  const before = marks ?? NONE;
  const starred = before.some((mark) => same(mark, project, flow));
  const rest = before.filter((mark) => !same(mark, project, flow));
  set(starred ? rest : [{ project, flow, at: Date.now() }, ...rest]);
  write(starred ? "DELETE" : "PUT", resource({ project, flow })).catch((error) => {
    set(before);
    showProblem(error);
  });
}

/** Names of the projects that the user marked. */
export function useStars(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => projects);
}

/** Everything that the user marked, the newest first. */
export function useBookmarks(): readonly Bookmark[] {
  return useSyncExternalStore(subscribe, () => marks ?? NONE);
}

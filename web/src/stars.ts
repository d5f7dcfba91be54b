import { useSyncExternalStore } from "react";

/** Projects that the user marked in this browser. */
const KEY = "azkaban.stars";
const listeners = new Set<() => void>();
let cached: ReadonlySet<string> | undefined;

function read(): ReadonlySet<string> {
  if (cached) return cached;
  try {
    const names: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    cached = new Set(Array.isArray(names) ? names.map(String) : []);
  } catch {
    cached = new Set();
  }
  return cached;
}

export function toggleStar(project: string) {
  const next = new Set(read());
  if (!next.delete(project)) next.add(project);
  cached = next;
  try {
    localStorage.setItem(KEY, JSON.stringify([...next]));
  } catch {
    // Kept as long as the page is open.
  }
  for (const listener of listeners) listener();
}

export function useStars(): ReadonlySet<string> {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, read);
}

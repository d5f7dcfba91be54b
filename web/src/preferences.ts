import { useSyncExternalStore } from "react";

/** Matters of taste, kept in the browser; everything else is in the address. */
export interface Preferences {
  /** Which clock: the server's, this browser's, UTC. */
  zone: "server" | "browser" | "utc";
  language: "" | "en" | "zh";
  scheme: "auto" | "light" | "dark";
  rail: "wide" | "narrow";
  /** Single keys act (WCAG 2.1.4). */
  keys: "on" | "off";
  wrap: "on" | "off";
  /** What the logger wrote before each line of a log; `auto`: where there is room for it. */
  logPrefix: "auto" | "on" | "off";
  projects: "mine" | "group" | "all";
}

const DEFAULTS: Preferences = {
  zone: "server",
  language: "",
  scheme: "auto",
  rail: "wide",
  keys: "on",
  wrap: "off",
  logPrefix: "auto",
  projects: "all",
};

const listeners = new Set<() => void>();

export function preference<K extends keyof Preferences>(key: K): Preferences[K] {
  try {
    return (localStorage.getItem(`azkaban.${key}`) as Preferences[K] | null) ?? DEFAULTS[key];
  } catch {
    return DEFAULTS[key];
  }
}

export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]) {
  try {
    localStorage.setItem(`azkaban.${key}`, value);
  } catch {
    // Storage may be forbidden; the choice then lasts as long as nothing can last.
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function usePreference<K extends keyof Preferences>(key: K): Preferences[K] {
  return useSyncExternalStore(subscribe, () => preference(key));
}

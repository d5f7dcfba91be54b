import { useEffect, useRef, useSyncExternalStore } from "react";
import { tinykeys } from "tinykeys";
import type en from "../i18n/locales/en.json";
import { preference } from "../preferences";

type Leaf = `keys.${keyof typeof en.keys}`;

export interface Key {
  keys: string;
  /** What it does, as a key of the language files. */
  words: Leaf;
}

/** Keys that hold now, by who holds them; the help is made from this. */
const registry = new Map<string, Key[]>();
const listeners = new Set<() => void>();
let snapshot: Key[] = [];

function changed() {
  const seen = new Set<string>();
  snapshot = [...registry.values()].flat().filter(({ keys }) => !seen.has(keys) && seen.add(keys));
  for (const listener of listeners) listener();
}

function isTyping(event: KeyboardEvent): boolean {
  if (event.isComposing) return true;
  const target = event.target as HTMLElement | null;
  return target?.closest("input, textarea, select, [contenteditable=true], [role=dialog] [role=listbox]") != null;
}

/** Lets `bindings` (keys → [words, act]) hold while the calling component is on screen. */
export function useKeys(owner: string, bindings: Record<string, [Leaf, (event: KeyboardEvent) => void]>) {
  const latest = useRef(bindings);
  latest.current = bindings;
  const names = Object.keys(bindings).join(" | ");
  useEffect(() => {
    const held = Object.entries(latest.current).map(([keys, [words]]) => ({ keys, words }));
    registry.set(owner, held);
    changed();
    const map: Record<string, (event: KeyboardEvent) => void> = {};
    for (const { keys } of held) {
      map[keys] = (event) => {
        const chord = event.ctrlKey || event.metaKey;
        if (!chord && (preference("keys") === "off" || isTyping(event))) return;
        // A dialog has the keyboard to itself.
        if (!chord && document.querySelector("[role=dialog]") && owner !== "dialog") return;
        event.preventDefault();
        latest.current[keys]?.[1](event);
      };
    }
    const stop = tinykeys(window, map);
    return () => {
      stop();
      registry.delete(owner);
      changed();
    };
  }, [owner, names]);
}

export function useHeldKeys(): Key[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => snapshot,
  );
}

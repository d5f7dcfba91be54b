import { useSyncExternalStore } from "react";

/** Whether the session has ended while the page was open. */
let expired = false;
const listeners = new Set<() => void>();

function set(value: boolean) {
  if (expired === value) return;
  expired = value;
  for (const listener of listeners) listener();
}

export const sessionExpired = () => set(true);
export const sessionRenewed = () => set(false);

export function useExpired(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => expired,
  );
}

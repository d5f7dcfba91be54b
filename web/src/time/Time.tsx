import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import { boot, serverNow } from "../boot";
import { usePreference } from "../preferences";
import { Dash } from "../ui/Dash";
import { absolute, duration, isRepeated, relative, wallClock } from "./format";

const listeners = new Set<() => void>();
let present = serverNow();
let timer: number | undefined;

function subscribe(listener: () => void) {
  listeners.add(listener);
  present = serverNow();
  timer ??= window.setInterval(() => {
    if (document.hidden) return;
    present = serverNow();
    for (const each of listeners) each();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      window.clearInterval(timer);
      timer = undefined;
    }
  };
}

const never = () => () => {};

/** The server's time in milliseconds, once a second: one clock for the whole page. It stands still for those who do not need it. */
export function useNow(ticking = true): number {
  return useSyncExternalStore(ticking ? subscribe : never, () => present);
}

const MINUTE_MS = 60_000;

/** The server's time in whole minutes: whoever needs no seconds is not drawn every second. */
export function useMinute(): number {
  return useSyncExternalStore(subscribe, () => Math.floor(present / MINUTE_MS) * MINUTE_MS);
}

/** The name of the zone that times are shown in. */
export function useZone(): string {
  const choice = usePreference("zone");
  if (choice === "utc") return "UTC";
  return choice === "browser" ? Intl.DateTimeFormat().resolvedOptions().timeZone : boot.timeZone;
}

/** A moment: relative within a day, else absolute; the other form and the offset in the tip. */
export function Time({ at, always }: { at: number | null | undefined; always?: "absolute" }) {
  if (at === null || at === undefined || at < 0) return <Dash />;
  return <Moment at={at} exact={always === "absolute"} />;
}

function Moment({ at, exact }: { at: number; exact: boolean }) {
  const zone = useZone();
  const now = useNow();
  const { i18n } = useTranslation();
  const full = absolute(at, zone);
  const near = relative(at, now, i18n.language);
  const offset = wallClock(at, zone).offset;
  const shown = exact || !near ? full : near;
  return (
    // Long tables hold hundreds of these: a tip of the browser costs nothing until it is wanted.
    <time
      dateTime={new Date(at).toISOString()}
      title={`${full} ${offset}${near ? ` · ${near}` : ""}`}
      style={{ whiteSpace: "nowrap" }}
    >
      {shown}
      {shown === full && isRepeated(at, zone) ? ` ${offset}` : ""}
    </time>
  );
}

/** The time between two moments; without an end it goes on. */
export function Elapsed({ from, to }: { from: number | null | undefined; to: number | null | undefined }) {
  if (from === null || from === undefined || from < 0) return <Dash />;
  if (to !== null && to !== undefined && to >= 0)
    return <span style={{ whiteSpace: "nowrap" }}>{duration(to - from)}</span>;
  return <Ticking from={from} />;
}

function Ticking({ from }: { from: number }) {
  const now = useNow();
  return <span style={{ whiteSpace: "nowrap" }}>{duration(Math.max(0, now - from))}</span>;
}

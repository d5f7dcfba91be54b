import { useEffect, useSyncExternalStore } from "react";
import { type Asked, type Change, Hub, type Told } from "./hub";

/** The page's end of the event stream: counts who wants which topic, and hands changes on in batches. */

const BATCH_MS = 100;

type Listener = (changes: Change[]) => void;

const wanted = new Map<string, number>();
const listeners = new Set<Listener>();
const gapListeners = new Set<() => void>();
const joinListeners = new Set<(topics: string[]) => void>();
const stateListeners = new Set<() => void>();
const byeListeners = new Set<() => void>();

export interface Connection {
  connected: boolean;
  /** It was connected at some time: a proxy may let no stream through at all. */
  ever: boolean;
  /** When it was lost, in milliseconds since 1970. */
  since: number;
  /** The server was replaced by another build while this page was open. */
  newBuild: boolean;
}

let connection: Connection = { connected: false, ever: false, since: Date.now(), newBuild: false };
let firstBuild: string | undefined;
let batch: Change[] = [];
let timer: number | undefined;

function setConnection(change: Partial<Connection>) {
  connection = { ...connection, ...change };
  for (const listener of stateListeners) listener();
}

function hear(told: Told) {
  switch (told.type) {
    case "change":
      batch.push(told.change);
      timer ??= window.setTimeout(() => {
        timer = undefined;
        const changes = batch;
        batch = [];
        for (const listener of listeners) listener(changes);
      }, BATCH_MS);
      break;
    case "gap":
      for (const listener of gapListeners) listener();
      break;
    case "joined":
      for (const listener of joinListeners) listener(told.topics);
      break;
    case "connected":
      if (told.connected !== connection.connected) {
        const again = connection.ever;
        setConnection({ connected: told.connected, ever: connection.ever || told.connected, since: Date.now() });
        if (told.connected && again) for (const listener of gapListeners) listener();
      }
      break;
    case "hello":
      firstBuild ??= told.buildId;
      if (told.buildId !== firstBuild) setConnection({ newBuild: true });
      break;
    case "bye":
      for (const listener of byeListeners) listener();
  }
}

let ask: ((asked: Asked) => void) | undefined;

function start(): (asked: Asked) => void {
  if (typeof SharedWorker === "undefined") {
    const hub = new Hub();
    return (asked) => (asked.type === "close" ? hub.leave(hear) : hub.follow(hear, asked.topics));
  }
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "azkaban" });
  worker.port.onmessage = ({ data }: MessageEvent<Told>) => hear(data);
  worker.port.start();
  window.addEventListener("pagehide", () => worker.port.postMessage({ type: "close" }));
  window.addEventListener("pageshow", (event) => event.persisted && sendTopics());
  return (asked) => worker.port.postMessage(asked);
}

function sendTopics() {
  ask ??= start();
  ask({ type: "topics", topics: [...wanted.keys()] });
}

let sending = false;
function changed() {
  if (sending) return;
  sending = true;
  queueMicrotask(() => {
    sending = false;
    sendTopics();
  });
}

/** Hears of `topics` while the calling component is on screen. */
export function useTopics(...topics: string[]) {
  const joined = topics.join("\n");
  useEffect(() => {
    const names = joined.split("\n").filter(Boolean);
    for (const name of names) wanted.set(name, (wanted.get(name) ?? 0) + 1);
    changed();
    return () => {
      for (const name of names) {
        const left = (wanted.get(name) ?? 1) - 1;
        if (left > 0) wanted.set(name, left);
        else wanted.delete(name);
      }
      changed();
    };
  }, [joined]);
}

export function onChanges(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Something was missed, or the connection is back: what is on screen must be read again. */
export function onGap(listener: () => void) {
  gapListeners.add(listener);
}

/** Changes of these topics are told from now on, but nothing of what changed before. */
export function onJoin(listener: (topics: string[]) => void) {
  joinListeners.add(listener);
}

export function onBye(listener: () => void) {
  byeListeners.add(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(
    (listener) => {
      stateListeners.add(listener);
      return () => stateListeners.delete(listener);
    },
    () => connection,
  );
}

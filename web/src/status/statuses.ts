import type { Family } from "../theme/tokens";

/** Drawings that stand for statuses; no two statuses share one within a family. */
export type Shape =
  | "dashed"
  | "stack"
  | "arrow"
  | "hourglass"
  | "skip"
  | "slash"
  | "ring"
  | "bars"
  | "triangle"
  | "tick"
  | "tickMark"
  | "cross"
  | "squareRing"
  | "square"
  | "plug"
  | "minus";

export interface StatusLook {
  family: Family;
  shape: Shape;
  /** Drawn as an outline. */
  hollow?: boolean;
  /** Under way: stripes on bars. */
  live?: boolean;
  /** Nothing will change any more. */
  final?: boolean;
}

/** The statuses of flows and jobs (execution-and-scheduling §1), by their names on the wire. */
export const STATUSES = {
  READY: { family: "idle", shape: "dashed", hollow: true },
  QUEUED: { family: "idle", shape: "stack", hollow: true },
  DISPATCHING: { family: "idle", shape: "arrow", hollow: true },
  PREPARING: { family: "idle", shape: "hourglass", hollow: true },
  RUNNING: { family: "run", shape: "ring", live: true },
  PAUSED: { family: "pause", shape: "bars" },
  FAILED_FINISHING: { family: "warn", shape: "triangle", live: true },
  SUCCEEDED: { family: "ok", shape: "tick", final: true },
  FAILED_SUCCEEDED: { family: "ok", shape: "tickMark", hollow: true, final: true },
  FAILED: { family: "fail", shape: "cross", final: true },
  KILLING: { family: "kill", shape: "squareRing", live: true },
  KILLED: { family: "kill", shape: "square", final: true },
  EXECUTION_STOPPED: { family: "kill", shape: "plug", final: true },
  CANCELLED: { family: "kill", shape: "minus", hollow: true, final: true },
  SKIPPED: { family: "idle", shape: "skip", hollow: true, final: true },
  DISABLED: { family: "idle", shape: "slash", hollow: true, final: true },
} as const satisfies Record<string, StatusLook>;

export type StatusName = keyof typeof STATUSES;

export const STATUS_NAMES = Object.keys(STATUSES) as StatusName[];

/** How a status looks; one that this version does not know looks idle. */
export function lookOf(status: string): StatusLook {
  return (STATUSES as Record<string, StatusLook>)[status] ?? STATUSES.READY;
}

export function isFinal(status: string): boolean {
  return lookOf(status).final === true;
}

/** It will not do anything in this run: cancelled, skipped or disabled. */
export function isLeftOut(status: string): boolean {
  return status === "CANCELLED" || status === "SKIPPED" || status === "DISABLED";
}

/** Failed, killed or stopped: somebody may want to look. */
export function isBad(status: string): boolean {
  const { family } = lookOf(status);
  return family === "fail" || family === "kill" || family === "warn";
}

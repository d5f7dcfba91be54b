import { QueryClient } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import type { ExecutionDetail } from "../api/types";
import { applyChange, keysOf, patchExecution } from "./cache";

const execution = (): ExecutionDetail => ({
  id: 1,
  projectId: 1,
  project: "p",
  flow: "f",
  version: 1,
  status: "RUNNING",
  user: "u",
  source: "user",
  permissions: [],
  submittedAt: 0,
  startedAt: 1,
  endedAt: null,
  updatedAt: 1,
  options: {
    concurrency: { kind: "ignore", level: null, on: null },
    disabled: [],
    failureAction: null,
    jobProperties: {},
    notify: { firstFailure: true, lastFailure: false, failureEmails: [], successEmails: [] },
    properties: {},
  },
  nodes: [
    {
      path: "a",
      status: "RUNNING",
      attempt: 0,
      startedAt: 1,
      endedAt: null,
      updatedAt: 1,
      notBefore: null,
      attempts: [{ attempt: 0, status: "RUNNING", startedAt: 1, endedAt: null, reason: null, exitCode: null }],
    },
  ],
  counts: { RUNNING: 1, READY: 1 },
  position: null,
  expectedMs: null,
});

describe("an execution told of by events", () => {
  it("takes the new state of a node and counts it", () => {
    const next = patchExecution(execution(), { nodes: [{ path: "a", status: "SUCCEEDED", attempt: 0, endedAt: 5 }] });
    expect(next.nodes[0]).toMatchObject({ status: "SUCCEEDED", startedAt: 1, endedAt: 5 });
    expect(next.nodes[0]?.attempts).toMatchObject([{ attempt: 0, status: "SUCCEEDED", startedAt: 1, endedAt: 5 }]);
    expect(next.counts).toEqual({ RUNNING: 0, READY: 1, SUCCEEDED: 1 });
  });

  it("keeps earlier attempts beside a new one", () => {
    const next = patchExecution(execution(), { nodes: [{ path: "a", status: "RUNNING", attempt: 1, startedAt: 7 }] });
    expect(next.nodes[0]?.attempts.map(({ attempt, startedAt }) => [attempt, startedAt])).toEqual([
      [0, 1],
      [1, 7],
    ]);
  });

  it("gets nodes that were ready until now", () => {
    const next = patchExecution(execution(), { nodes: [{ path: "b", status: "RUNNING", startedAt: 3 }] });
    expect(next.nodes.map((node) => node.path)).toEqual(["a", "b"]);
    expect(next.counts).toEqual({ RUNNING: 2, READY: 0 });
  });

  it("leaves nodes alone that are not named", () => {
    const old = execution();
    expect(patchExecution(old, { status: "PAUSED" }).nodes).toBe(old.nodes);
  });
});

describe("what events refresh", () => {
  const ids = { execution: 7, project: "p", flow: "f" };
  const refreshed = (topic: string, patch: Record<string, unknown>) => {
    const keys: unknown[][] = [];
    applyChange(new QueryClient(), { topic, seq: 1, ids, patch }, (key) => keys.push(key));
    return keys;
  };
  const covers = (wide: unknown[], narrow: unknown[]) => wide.every((part, index) => part === narrow[index]);

  it.each(["execution:7", "executions", "running", "schedules", "projects", "project:p"])(
    "is what joining %s refreshes",
    (topic) => {
      // Attempts that ended badly are what makes an execution be read again.
      const told = refreshed(topic, { nodes: [{ path: "a", status: "FAILED" }] });
      const joined = keysOf(topic);
      expect(told.length).toBeGreaterThan(0);
      expect(told.filter((key) => !joined.some((each) => covers(each, key)))).toEqual([]);
      expect(joined.filter((key) => !told.some((each) => covers(key, each)))).toEqual([]);
    },
  );

  it("is of the flow that an execution is of", () => {
    const keys = refreshed("executions", {});
    expect(keys).toContainEqual(["flow-runs", "p", "f"]);
    expect(keys).toContainEqual(["flows", "p"]);
    expect(keys).toContainEqual(["schedules", "list"]);
  });

  it("is not an execution whose change was told whole", () => {
    expect(refreshed("execution:7", { nodes: [{ path: "a", status: "RUNNING" }] })).toEqual([["explain", 7]]);
  });
});

import { describe, expect, it } from "vitest";
import type { Flow, FlowNode, NodeRun } from "../api/types";
import { criticalPath, slack, spans } from "./times";

const node = (
  path: string,
  level: number,
  before: string[],
  after: string[],
  kind: "job" | "flow" = "job",
): FlowNode => ({
  path,
  id: path.split(":").at(-1) ?? path,
  kind,
  type: kind,
  flow: null,
  parent: path === "" ? null : path.split(":").slice(0, -1).join(":"),
  level,
  in: before,
  out: after,
  condition: null,
});

/** a → sub(x → y) → d, and b → d. */
const flow = {
  nodes: [
    node("", 0, [], [], "flow"),
    node("d", 2, ["sub", "b"], []),
    node("a", 0, [], ["sub"]),
    node("b", 0, [], ["d"]),
    node("sub", 1, ["a"], ["d"], "flow"),
    node("sub:x", 0, [], ["sub:y"]),
    node("sub:y", 1, ["sub:x"], []),
  ],
} as unknown as Flow;

const lengths: Record<string, number> = { a: 10, b: 30, d: 5, "sub:x": 15, "sub:y": 15 };
const run = (path: string, part: Partial<NodeRun>): [string, NodeRun] => [
  path,
  {
    path,
    status: "SUCCEEDED",
    attempt: 0,
    startedAt: null,
    endedAt: null,
    updatedAt: null,
    notBefore: null,
    attempts: [],
    ...part,
  },
];
const usual = (path: string) => lengths[path];

describe("when nodes run", () => {
  it("follows from what they wait for and how long they usually take", () => {
    const times = spans(flow, { usual, runs: new Map(), from: 100, now: 0 });
    expect(times.get("sub")).toEqual({ start: 110, end: 140 });
    expect(times.get("d")).toEqual({ start: 140, end: 145 });
    expect(times.get("")).toEqual({ start: 100, end: 145 });
  });

  it("keeps what has happened and moves what comes", () => {
    const runs = new Map([
      run("a", { startedAt: 100, endedAt: 150 }),
      run("b", { startedAt: 100, status: "RUNNING" }),
      run("sub", { status: "DISABLED" }),
      run("sub:x", { status: "DISABLED" }),
      run("sub:y", { status: "DISABLED" }),
    ]);
    const times = spans(flow, { usual, runs, from: 100, now: 160 });
    expect(times.get("sub")).toEqual({ start: 150, end: 150 });
    // It runs longer than usual.
    expect(times.get("b")).toEqual({ start: 100, end: 160 });
    expect(times.get("")?.end).toBe(165);
  });
});

describe("the critical path", () => {
  const times = spans(flow, { usual, runs: new Map(), from: 0, now: 0 });
  it("leads back from the end, through embedded flows", () =>
    expect([...criticalPath(flow, times)].sort()).toEqual(["a", "d", "sub", "sub:x", "sub:y"]));
  it("leaves out what never ran", () =>
    expect([...criticalPath(flow, times, (path) => path !== "d")].sort()).toEqual(["a", "sub", "sub:x", "sub:y"]));
  it("has no slack, and what is beside it has", () => {
    const free = slack(flow, times);
    expect(free.get("sub:y")).toBe(0);
    expect(free.get("a")).toBe(0);
    expect(free.get("b")).toBe(10);
  });
});

import { describe, expect, it } from "vitest";
import type { Flow, FlowNode } from "../../api/types";
import { disabledPaths, kin, reached } from "./reach";

function node(path: string, kind: "job" | "flow", input: string[], out: string[]): FlowNode {
  const parent = path.includes(":") ? path.slice(0, path.lastIndexOf(":")) : path === "" ? null : "";
  return {
    path,
    id: path.split(":").at(-1) ?? path,
    kind,
    type: "noop",
    flow: null,
    parent,
    level: 0,
    in: input,
    out,
    condition: null,
  };
}

/** a → sub(x → y) → z */
const FLOW = {
  nodes: [
    node("", "flow", [], []),
    node("a", "job", [], ["sub"]),
    node("sub", "flow", ["a"], ["z"]),
    node("sub:x", "job", [], ["sub:y"]),
    node("sub:y", "job", ["sub:x"], []),
    node("z", "job", ["sub"], []),
  ],
} as Flow;

const sorted = (set: Set<string>) => [...set].sort();

describe("jobs that run", () => {
  it.each([
    ["z", "only", ["z"]],
    ["sub", "only", ["sub:x", "sub:y"]],
    ["z", "ancestors", ["a", "sub:x", "sub:y", "z"]],
    ["sub:y", "ancestors", ["a", "sub:x", "sub:y"]],
    ["sub:x", "descendants", ["sub:x", "sub:y", "z"]],
    ["a", "descendants", ["a", "sub:x", "sub:y", "z"]],
  ] as const)("%s %s", (from, reach, jobs) => expect(sorted(reached(FLOW, from, reach))).toEqual(jobs));
});

describe("jobs that do not run", () => {
  it("are named by the flow around them if that is all of it", () => {
    expect(disabledPaths(FLOW, new Set(["sub:x", "sub:y"]))).toEqual(["sub"]);
    expect(disabledPaths(FLOW, new Set(["sub:x", "z"]))).toEqual(["sub:x", "z"]);
    expect(disabledPaths(FLOW, new Set())).toEqual([]);
  });
});

describe("what is before and behind a job", () => {
  it.each([
    ["z", "parents", ["sub:x", "sub:y"]],
    ["z", "ancestors", ["a", "sub:x", "sub:y"]],
    ["a", "children", ["sub:x", "sub:y"]],
    ["a", "descendants", ["sub:x", "sub:y", "z"]],
    ["sub:x", "children", ["sub:y"]],
    ["a", "parents", []],
  ] as const)("%s %s", (of, which, paths) => expect([...kin(FLOW, of, which)].sort()).toEqual(paths));
});

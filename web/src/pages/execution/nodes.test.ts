import { describe, expect, it } from "vitest";
import type { ExecutionDetail, Flow, NodeRun } from "../../api/types";
import { failedJobs, openFlows, treeRows, waited } from "./nodes";

const run = (
  path: string,
  status: string,
  startedAt: number | null = null,
  endedAt: number | null = null,
): NodeRun => ({
  path,
  status,
  attempt: 0,
  startedAt,
  endedAt,
  updatedAt: null,
  notBefore: null,
  attempts: [],
});
const node = (path: string, kind: "job" | "flow" = "job", before: string[] = []) => ({
  path,
  id: path.split(":").at(-1),
  kind,
  type: kind,
  flow: null,
  parent: path === "" ? null : path.split(":").slice(0, -1).join(":"),
  level: 0,
  in: before,
  out: [],
  condition: null,
});
const flow = {
  nodes: [
    node("", "flow"),
    node("late"),
    node("sub", "flow"),
    node("sub:x"),
    node("sub:y", "job", ["sub:x"]),
    node("early"),
  ],
} as unknown as Flow;
const nodes = [
  run("late", "READY"),
  run("sub", "FAILED", 20, 60),
  run("sub:x", "SUCCEEDED", 25, 40),
  run("sub:y", "FAILED", 43, 60),
  run("early", "SUCCEEDED", 10, 30),
];
const execution = { nodes, startedAt: 5 } as unknown as ExecutionDetail;
const runs = new Map(nodes.map((each) => [each.path, each]));

describe("the jobs of an execution", () => {
  it("come by their start, what is in a closed flow stays away", () => {
    const paths = (open: string[]) => treeRows(flow, runs, new Set(open)).map((row) => row.node.path);
    expect(paths([])).toEqual(["early", "sub", "late"]);
    expect(paths(["sub"])).toEqual(["early", "sub", "sub:x", "sub:y", "late"]);
  });

  it("open the flows in which something failed", () => expect([...openFlows(execution)]).toEqual(["sub"]));

  it("failed if they are jobs, not because something in them failed", () =>
    expect(failedJobs(execution, flow)).toEqual(["sub:y"]));

  it("waited since what is before them ended, or since what they are in began", () => {
    const of = (path: string) => {
      const found = flow.nodes.find((each) => each.path === path);
      return found && waited({ node: found, run: runs.get(path) }, runs, execution.startedAt);
    };
    expect(["early", "sub:x", "sub:y", "late"].map(of)).toEqual([5, 5, 3, null]);
  });
});

import { describe, expect, it } from "vitest";
import type { Flow } from "../../api/types";
import { defaults, fromEarlier, request } from "./options";

const FLOW = {
  failureEmails: ["a@b"],
  successEmails: [],
  nodes: [
    { path: "x", kind: "job", parent: "", in: [], out: [] },
    { path: "s", kind: "flow", parent: "", in: [], out: [] },
    { path: "s:y", kind: "job", parent: "s", in: [], out: [] },
  ],
} as unknown as Flow;

describe("the execute sheet", () => {
  it("leaves to the flow what nobody changed", () => {
    expect(request(FLOW, defaults(FLOW))).toMatchObject({
      concurrency: { kind: "ignore" },
      disabled: [],
      properties: {},
      notify: { failureEmails: null, successEmails: null },
    });
  });

  it("sends properties by node and drops lines without a key", () => {
    const options = {
      ...defaults(FLOW),
      properties: [
        { node: "", key: " ds ", value: "1" },
        { node: "x", key: "k", value: "v" },
        { node: "", key: "", value: "lost" },
      ],
      failureEmails: "c@d; e@f",
      concurrency: "pipeline2" as const,
    };
    expect(request(FLOW, options)).toMatchObject({
      properties: { ds: "1" },
      jobProperties: { x: { k: "v" } },
      concurrency: { kind: "pipeline", level: 2 },
      notify: { failureEmails: ["c@d", "e@f"] },
    });
  });

  it("takes over the options of an earlier run", () => {
    const again = fromEarlier(FLOW, {
      concurrency: { kind: "pipeline", level: 2, on: null },
      disabled: ["s"],
      failureAction: "cancelAll",
      jobProperties: { x: { k: "v" } },
      notify: { firstFailure: false, lastFailure: true, failureEmails: ["a@b"], successEmails: [] },
      properties: { ds: "1" },
    });
    expect([...again.off]).toEqual(["s:y"]);
    expect(again.properties).toEqual([
      { node: "", key: "ds", value: "1" },
      { node: "x", key: "k", value: "v" },
    ]);
    expect(again).toMatchObject({
      failureAction: "cancelAll",
      concurrency: "pipeline2",
      notifyFirst: false,
      failureEmails: "a@b",
    });
  });
});

import { describe, expect, it } from "vitest";
import type { ExecuteRequest } from "../../api/types";
import { changedOptions } from "./change";

const BEFORE: ExecuteRequest = {
  failureAction: "cancelAll",
  concurrency: { kind: "pipeline", level: 1 },
  disabled: ["b", "a"],
  properties: { x: "1", "db.password": "[MASKED]" },
  jobProperties: {},
  notify: { firstFailure: true, lastFailure: false, failureEmails: ["a@x"], successEmails: null },
};

describe("a change of a schedule's options", () => {
  it("is nothing if nothing differs, in whatever order", () => {
    const after = { ...BEFORE, disabled: ["a", "b"], properties: { "db.password": "[MASKED]", x: "1" } };
    expect(changedOptions(BEFORE, after)).toBeUndefined();
  });

  it("names only what differs", () => {
    const after: ExecuteRequest = {
      ...BEFORE,
      concurrency: { kind: "pipeline", level: 2 },
      notify: { firstFailure: true, lastFailure: false, failureEmails: null, successEmails: null },
    };
    expect(changedOptions(BEFORE, after)).toEqual({
      concurrency: { kind: "pipeline", level: 2 },
      notify: { failureEmails: null },
    });
  });

  it("names what is emptied", () => {
    const after: ExecuteRequest = { ...BEFORE, failureAction: null, disabled: [], properties: {} };
    expect(changedOptions(BEFORE, after)).toEqual({ failureAction: null, disabled: [], properties: {} });
  });
});

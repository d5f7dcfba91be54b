import { describe, expect, it } from "vitest";
import type { Execution } from "../../api/types";
import { failing } from "./failing";

const run = (id: number, flow: string, status: string) =>
  ({ id, flow, status, projectId: 1, project: "p" }) as Execution;

describe("what fails", () => {
  it("is what ended badly last, however it runs now", () => {
    const found = failing([
      run(9, "a", "RUNNING"),
      run(8, "a", "FAILED"),
      run(7, "b", "SUCCEEDED"),
      run(6, "a", "KILLED"),
      run(5, "a", "SUCCEEDED"),
      run(4, "b", "FAILED"),
      run(3, "c", "FAILED"),
    ]);
    expect(found.map(({ last, row, lastGood }) => [last.id, row, lastGood?.id])).toEqual([
      [8, 2, 5],
      [3, 1, undefined],
    ]);
  });
});

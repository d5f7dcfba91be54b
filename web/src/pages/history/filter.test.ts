import { describe, expect, it } from "vitest";
import { azkabanDate, moment, query, readFilter, wallOf } from "./filter";

describe("the history's filter", () => {
  it("understands Azkaban's own parameters", () => {
    const filter = readFilter({
      advfilter: "true",
      projcontain: "etl",
      flowcontain: "daily",
      usercontain: "bob",
      status: "70",
      begin: "11/24/2026 01:05 PM",
      end: "",
    });
    expect(filter).toEqual({
      project: "etl",
      flow: "daily",
      user: "bob",
      status: "FAILED",
      source: "",
      after: "2026-11-24T13:05",
      before: "",
    });
    expect(readFilter({ search: "true", searchterm: "x" }).flow).toBe("x");
    expect(readFilter({ status: "0" }).status).toBe("");
  });

  it.each([
    ["11/24/2026 12:00 AM", "2026-11-24T00:00"],
    ["11/24/2026 12:30 pm", "2026-11-24T12:30"],
    ["24.11.2026", ""],
    [undefined, ""],
  ])("%s", (text, wall) => expect(azkabanDate(text)).toBe(wall));

  it("reads wall clocks in the zone that is shown", () => {
    expect(moment("2026-11-24T10:25", "Asia/Shanghai")).toBe(Date.UTC(2026, 10, 24, 2, 25));
    expect(moment("2026-07-01T00:00", "America/Los_Angeles")).toBe(Date.UTC(2026, 6, 1, 7));
    expect(moment("", "UTC")).toBeUndefined();
  });

  it("tells a moment as a clock that leads back to it", () => {
    const at = Date.UTC(2026, 10, 1, 12, 30);
    expect(wallOf(at, "Asia/Shanghai")).toBe("2026-11-01T20:30");
    expect(moment(wallOf(at, "America/Los_Angeles"), "America/Los_Angeles")).toBe(at);
  });

  it("leaves out what is no condition", () => {
    expect(query(readFilter({}), "UTC")).toEqual({});
  });
});

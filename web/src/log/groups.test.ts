import { describe, expect, it } from "vitest";
import { Folds, marker, message } from "./groups";

describe("groups in a log", () => {
  it.each([
    ["--- connect", "begin"],
    ["24-11-2026 14:05:01 PST load_orders INFO - +++ load", "begin"],
    ["24-11-2026 14:05:01 PST a job with blanks ERROR - ::group::x", "begin"],
    ["::endgroup::", "end"],
    ["-----", null],
    ["a --- b", null],
  ])("%s", (line, kind) => expect(marker(line)).toBe(kind));

  it("know the line without its logger's words", () => {
    expect(message("24-11-2026 14:05:01 PST load INFO - a - b")).toEqual({ clock: "14:05:01", text: "a - b" });
    expect(message("plain")).toEqual({ clock: "", text: "plain" });
  });
});

describe("folded lines", () => {
  const folds = new Folds().with({ first: 20, last: 29 }).with({ first: 5, last: 9 });
  it("have no place of their own", () => {
    expect(folds.hidden).toBe(15);
    expect([0, 4, 5, 14, 15].map((place) => folds.line(place))).toEqual([0, 4, 10, 19, 30]);
    expect([4, 5, 9, 10, 19, 25, 30].map((line) => folds.place(line))).toEqual([4, 4, 4, 5, 14, 14, 15]);
  });
  it("lead back and forth", () => {
    for (let place = 0; place < 40; place += 1) expect(folds.place(folds.line(place))).toBe(place);
  });
  it("come back when one of them is looked for", () => {
    expect(folds.showing(7).all).toEqual([{ first: 20, last: 29 }]);
    expect(folds.showing(4)).toBe(folds);
    expect(folds.at(4)).toEqual({ first: 5, last: 9 });
  });
  it("swallow those inside them", () => expect(folds.with({ first: 1, last: 12 }).all).toHaveLength(2));
});

import { describe, expect, it } from "vitest";
import { finding } from "./finding";

describe("what is found in an archive", () => {
  it.each([
    [
      "Error loading flow yaml file x.flow:Cannot create property=wrong: Unable to find property 'wrong' of a node in line 5, column 5",
      ["x.flow", 5, 5, "Cannot create property=wrong: Unable to find property 'wrong' of a node"],
    ],
    [
      "Error loading flow yaml file x.flow:invalid indentation in line 5, column 3",
      ["x.flow", 5, 3, "invalid indentation"],
    ],
    ["Job doesn't have type set 'c'.", ["c", null, null, "Job doesn't have type set"]],
    ["a cannot find dependency missing", ["a", null, null, "cannot find dependency missing"]],
    ["Cyclical dependency found at a>>b", ["a>>b", null, null, "Cyclical dependency found at"]],
    ["Something else", [null, null, null, "Something else"]],
  ] as const)("%s", (sentence, [where, line, column, message]) =>
    expect(finding(sentence)).toEqual({ where, line, column, message }),
  );
});

import { describe, expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search";

describe("query strings", () => {
  it.each([
    "?project=etl&permissions",
    "?execid=12&job=a%3Ab&line=10-20",
    "?doaction=search&searchterm=%2Fx%2B%2F&all=true",
    "?project=%E9%A1%B9%E7%9B%AE+1",
    "",
  ])("%s comes back as it was", (text) => expect(stringifySearch(parseSearch(text))).toBe(text));

  it("keeps numbers as text and drops what is undefined", () => {
    expect(parseSearch("?execid=012")).toEqual({ execid: "012" });
    expect(stringifySearch({ a: undefined, b: 7 })).toBe("?b=7");
  });

  it("takes the first of several values", () => expect(parseSearch("?a=1&a=2")).toEqual({ a: "1" }));
});

import { expect, it } from "vitest";
import { viewOf } from "./view";

it("is the same whatever the order of conditions, and without the page", () => {
  expect(viewOf({ status: "FAILED", flow: "a b" })).toBe(viewOf({ flow: "a b", status: "FAILED", page: "3" }));
  expect(viewOf({ flow: "", sort: "id" })).toBe("sort=id");
  expect(viewOf({})).toBe("");
});

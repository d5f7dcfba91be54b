import { describe, expect, it } from "vitest";
import type { Setting } from "../../api/types";
import { sections } from "./settings";

const setting = (key: string, part: Partial<Setting> = {}): Setting => ({
  key,
  section: "HTTP",
  value: null,
  secret: false,
  default: null,
  source: null,
  line: null,
  effect: "honoured",
  kind: "text",
  meaning: null,
  ...part,
});

const ALL = [
  setting("jetty.port", { meaning: "Port of plain HTTP", default: "8081" }),
  setting("jetty.hostname", { value: "a.example", source: "f", line: 1 }),
  setting("mail.host", { section: "Mail", value: "m", source: "f", line: 2 }),
  setting("azkaban.old", { section: "Mail", value: "1", source: "f", line: 3, effect: "ignored" }),
  setting("own", { section: null, value: "1", source: "f", line: 4, effect: "unknown" }),
];

const keys = (term: string, kind: "all" | "set" | "idle") =>
  sections(ALL, term, kind).map(([section, rows]) => [section, ...rows.map((row) => row.key)].join(" "));

describe("settings", () => {
  it("are grouped by section, unknown ones last", () => {
    expect(keys("", "all")).toEqual(["HTTP jetty.port jetty.hostname", "Mail mail.host azkaban.old", " own"]);
  });
  it("are found by every word of key, value or meaning", () => {
    expect(keys("PORT plain", "all")).toEqual(["HTTP jetty.port"]);
    expect(keys("example", "all")).toEqual(["HTTP jetty.hostname"]);
    expect(keys("nothing", "all")).toEqual([]);
  });
  it("can be those that are set, or set in vain", () => {
    expect(keys("", "set")).toEqual(["HTTP jetty.hostname", "Mail mail.host azkaban.old", " own"]);
    expect(keys("", "idle")).toEqual(["Mail azkaban.old", " own"]);
  });
});

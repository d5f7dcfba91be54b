import { describe, expect, it } from "vitest";
import { read, write } from "./cron";

describe("cron expressions", () => {
  it.each([
    ["0 5 * ? * *", "hourly"],
    ["0 30 2 * * ?", "daily"],
    ["0 30 2 ? * *", "daily"],
    ["0 0 2 ? * MON-FRI", "weekly"],
    ["0 0 2 ? * 2,4", "weekly"],
    ["0 15 3 1 * ?", "monthly"],
    ["0 0/5 * ? * *", "text"],
    ["0 0 2 L * ?", "text"],
    ["0 0 2 ? * 6#3", "text"],
    ["0 0 2 ? 1 *", "text"],
    ["0 0 2 ? * * 2027", "text"],
    ["30 0 2 ? * *", "text"],
    ["", "text"],
  ])("%s is %s", (cron, kind) => expect(read(cron).kind).toBe(kind));

  it("means Sunday by 1, as Quartz does", () => {
    expect(read("0 0 2 ? * 1")).toEqual({ kind: "weekly", days: [1], hour: 2, minute: 0 });
    expect(write({ kind: "weekly", days: [2, 1], hour: 2, minute: 0 })).toBe("0 0 2 ? * SUN,MON");
  });

  it.each(["0 5 * ? * *", "0 30 2 ? * *", "0 0 2 ? * MON,TUE", "0 15 3 1 * ?"])("%s comes back as it was", (cron) =>
    expect(write(read(cron))).toBe(cron),
  );
});

import { describe, expect, it } from "vitest";
import { csv } from "./files";

describe("CSV files", () => {
  it("quote what needs it and are no program", async () => {
    const bytes = await csv([
      ["id", "flow"],
      [42, 'a "b", c'],
      [-1, "=1+1"],
      [null, "数据"],
    ]).arrayBuffer();
    expect([...new Uint8Array(bytes).slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(new TextDecoder().decode(bytes)).toBe('id,flow\r\n42,"a ""b"", c"\r\n-1,\'=1+1\r\n,数据\r\n');
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { all, MOST_ITEMS } from "./client";

vi.mock("../boot", () => ({ boot: { csrfToken: null } }));

describe("a list that is longer than a page", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** A server whose list has so many pages of 200 rows. */
  function serve(pages: number) {
    const asked: string[] = [];
    vi.stubGlobal("fetch", async (url: string) => {
      asked.push(url);
      const at = Number(new URL(url, "http://host").searchParams.get("cursor") ?? 0);
      const items = Array.from({ length: 200 }, (_, index) => at * 200 + index);
      return Response.json({ items, nextCursor: at + 1 < pages ? String(at + 1) : null });
    });
    return asked;
  }

  it("is read to its end", async () => {
    const asked = serve(3);
    const { items, nextCursor } = await all<number>("/things", { flow: "f" });
    expect(items).toEqual(Array.from({ length: 600 }, (_, index) => index));
    expect(nextCursor).toBeNull();
    expect(asked[2]).toBe("/api/v1/things?flow=f&cursor=2&limit=200");
  });

  it("is read so far only, and says that there is more", async () => {
    serve(1_000);
    const { items, nextCursor } = await all<number>("/things");
    expect(items).toHaveLength(MOST_ITEMS);
    expect(nextCursor).not.toBeNull();
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Hub, type Told } from "./hub";

/** An event stream that the test speaks for. */
class Stream {
  static all: Stream[] = [];
  readonly readyState = 1;
  onerror: (() => void) | null = null;
  private readonly listeners = new Map<string, (event: { data: string }) => void>();

  constructor(readonly url: string) {
    Stream.all.push(this);
  }

  addEventListener(name: string, listener: (event: { data: string }) => void) {
    this.listeners.set(name, listener);
  }

  say(name: string, data: unknown) {
    this.listeners.get(name)?.({ data: JSON.stringify(data) });
  }

  close() {}
}

describe("the stream of all pages", () => {
  beforeEach(() => {
    Stream.all = [];
    vi.useFakeTimers();
    vi.stubGlobal("EventSource", Object.assign(Stream, { CLOSED: 2 }));
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function client() {
    const told: Told[] = [];
    const hear = (each: Told) => void told.push(each);
    return { hear, joined: () => told.flatMap((each) => (each.type === "joined" ? [each.topics] : [])) };
  }

  it("tells a page which topics it hears from now on, each once", () => {
    const hub = new Hub();
    const page = client();
    hub.follow(page.hear, ["running"]);
    vi.runAllTimers();
    Stream.all[0]?.say("hello", { buildId: "1", seq: 5 });
    expect(page.joined()).toEqual([["running"]]);
    // Another execution is looked at: what was read of it before the stream began may be old.
    hub.follow(page.hear, ["running", "execution:7"]);
    vi.runAllTimers();
    expect(page.joined()).toEqual([["running"]]);
    Stream.all[1]?.say("hello", { buildId: "1", seq: 6 });
    expect(page.joined()).toEqual([["running"], ["execution:7"]]);
  });

  it("tells only pages that asked for a topic", () => {
    const hub = new Hub();
    const [one, two] = [client(), client()];
    hub.follow(one.hear, ["running"]);
    hub.follow(two.hear, ["execution:7"]);
    vi.runAllTimers();
    Stream.all[0]?.say("hello", { buildId: "1", seq: 0 });
    expect([one.joined(), two.joined()]).toEqual([[["running"]], [["execution:7"]]]);
  });
});

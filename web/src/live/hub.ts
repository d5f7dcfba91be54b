/**
 * One event stream for all pages of a browser, since HTTP/1.1 gives all of them six connections together. Runs in a
 * SharedWorker, or in the page where there is none.
 */

export interface Change {
  topic: string;
  seq: number;
  ids: { execution?: number; project?: string; projectId?: number; flow?: string };
  patch: Record<string, unknown>;
}

export type Told =
  | { type: "change"; change: Change }
  | { type: "hello"; buildId: string }
  | { type: "connected"; connected: boolean }
  | { type: "gap" }
  /** From now on these topics are heard of; what was read of them before may be old already. */
  | { type: "joined"; topics: string[] }
  | { type: "bye" };

export type Asked = { type: "topics"; topics: string[] } | { type: "close" };

/** How long topics may change before the stream is opened anew. */
const SETTLE_MS = 50;

export class Hub {
  private readonly clients = new Map<(told: Told) => void, Set<string>>();
  private source: EventSource | null = null;
  private topics = "";
  private seq = -1;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private connected = false;
  private ever = false;
  /** The topics of the stream that began last. */
  private heard = new Set<string>();

  /** What `client` wants to hear of; nothing removes it. */
  follow(client: (told: Told) => void, topics: Iterable<string>) {
    this.clients.set(client, new Set(topics));
    client({ type: "connected", connected: this.connected });
    this.settle();
  }

  leave(client: (told: Told) => void) {
    this.clients.delete(client);
    this.settle();
  }

  private settle() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.open(), SETTLE_MS);
  }

  private tell(told: Told) {
    for (const client of this.clients.keys()) client(told);
  }

  private open() {
    const wanted = [...new Set([...this.clients.values()].flatMap((topics) => [...topics]))].sort().join(",");
    if (wanted === this.topics && this.source) return;
    const old = this.source;
    this.topics = wanted;
    if (!wanted) {
      old?.close();
      this.source = null;
      return;
    }
    // The old stream goes on until the new one has begun, so that nothing falls between them; `seq` drops doubles.
    const source = new EventSource(`/api/v1/events?topics=${encodeURIComponent(wanted)}`);
    this.source = source;
    source.addEventListener("hello", (event) => {
      old?.close();
      const hello = JSON.parse(event.data) as { buildId: string; seq: number };
      // A restarted server counts from the beginning.
      if (hello.seq < this.seq) this.seq = hello.seq;
      this.setConnected(true);
      this.tell({ type: "hello", buildId: hello.buildId });
      const now = new Set(wanted.split(","));
      for (const [client, topics] of this.clients) {
        const joined = [...topics].filter((topic) => now.has(topic) && !this.heard.has(topic));
        if (joined.length > 0) client({ type: "joined", topics: joined });
      }
      this.heard = now;
    });
    const changed = (event: MessageEvent<string>) => {
      const change = JSON.parse(event.data) as Change;
      if (change.seq <= this.seq && !this.isCurrent(change)) return;
      this.seq = Math.max(this.seq, change.seq);
      for (const [client, topics] of this.clients) if (topics.has(change.topic)) client({ type: "change", change });
    };
    source.addEventListener("change", changed);
    source.addEventListener("gap", () => this.tell({ type: "gap" }));
    source.addEventListener("bye", () => {
      source.close();
      this.source = null;
      this.tell({ type: "bye" });
    });
    source.onerror = () => {
      this.setConnected(false);
      // The browser gives up after an answer that is no stream, as from a proxy of a server that restarts.
      if (source.readyState === EventSource.CLOSED && this.source === source) {
        old?.close();
        this.source = null;
        this.timer = setTimeout(() => this.open(), this.ever ? 3_000 : 30_000);
      }
    };
  }

  /** Several topics tell of one step under the same number. */
  private isCurrent(change: Change): boolean {
    return change.seq === this.seq;
  }

  private setConnected(connected: boolean) {
    if (this.connected === connected) return;
    this.connected = connected;
    this.ever ||= connected;
    this.tell({ type: "connected", connected });
  }
}

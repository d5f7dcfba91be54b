import type { ExecuteRequest, ExecutionOptions, Flow } from "../../api/types";
import { disabledPaths } from "./reach";

/** What the execute sheet holds, as its fields hold it. */
export interface Options {
  off: ReadonlySet<string>;
  /** One entry per line; `node` empty: for all jobs. */
  properties: { node: string; key: string; value: string }[];
  failureAction: "finishCurrent" | "cancelAll" | "finishPossible";
  concurrency: "ignore" | "skip" | "pipeline1" | "pipeline2";
  notifyFirst: boolean;
  notifyLast: boolean;
  failureEmails: string;
  successEmails: string;
}

export function defaults(flow: Flow): Options {
  return {
    off: new Set(),
    properties: [],
    failureAction: "finishCurrent",
    concurrency: "ignore",
    notifyFirst: true,
    notifyLast: false,
    failureEmails: flow.failureEmails.join(", "),
    successEmails: flow.successEmails.join(", "),
  };
}

function addresses(text: string): string[] {
  return text.split(/[\s,;]+/).filter(Boolean);
}

/** The same addresses as the flow's own are left to the flow. */
function changed(text: string, own: string[]): string[] | null {
  const wanted = addresses(text);
  return wanted.join(" ") === own.join(" ") ? null : wanted;
}

export function request(flow: Flow, options: Options): ExecuteRequest {
  const properties: Record<string, string> = {};
  const jobProperties: Record<string, Record<string, string>> = {};
  for (const { node, key, value } of options.properties) {
    if (!key.trim()) continue;
    if (!node) properties[key.trim()] = value;
    else {
      const own = jobProperties[node] ?? {};
      own[key.trim()] = value;
      jobProperties[node] = own;
    }
  }
  return {
    failureAction: options.failureAction,
    concurrency:
      options.concurrency === "pipeline1" || options.concurrency === "pipeline2"
        ? { kind: "pipeline", level: options.concurrency === "pipeline1" ? 1 : 2 }
        : { kind: options.concurrency },
    disabled: disabledPaths(flow, options.off),
    properties,
    jobProperties,
    notify: {
      firstFailure: options.notifyFirst,
      lastFailure: options.notifyLast,
      failureEmails: changed(options.failureEmails, flow.failureEmails),
      successEmails: changed(options.successEmails, flow.successEmails),
    },
  };
}

/** A request as the fields hold it, as far as it still fits; what it leaves to the flow is the flow's own. */
export function fromRequest(flow: Flow, from: ExecuteRequest): Options {
  const { notify } = from;
  return fromEarlier(flow, {
    failureAction: from.failureAction ?? null,
    concurrency: {
      kind: from.concurrency?.kind ?? "ignore",
      level: from.concurrency?.kind === "pipeline" ? from.concurrency.level : null,
      on: null,
    },
    disabled: from.disabled ?? [],
    properties: from.properties ?? {},
    jobProperties: from.jobProperties ?? {},
    notify: {
      firstFailure: notify?.firstFailure ?? true,
      lastFailure: notify?.lastFailure ?? false,
      failureEmails: notify?.failureEmails ?? flow.failureEmails,
      successEmails: notify?.successEmails ?? flow.successEmails,
    },
  });
}

/** The options of an earlier execution, as far as they still fit. */
export function fromEarlier(flow: Flow, earlier: ExecutionOptions): Options {
  const off = flow.nodes
    .filter(
      (node) =>
        node.kind === "job" && earlier.disabled.some((path) => node.path === path || node.path.startsWith(`${path}:`)),
    )
    .map((node) => node.path);
  const properties = [
    ...Object.entries(earlier.properties).map(([key, value]) => ({ node: "", key, value })),
    ...Object.entries(earlier.jobProperties).flatMap(([node, values]) =>
      Object.entries(values).map(([key, value]) => ({ node, key, value })),
    ),
  ];
  const { kind, level } = earlier.concurrency;
  const { notify } = earlier;
  return {
    off: new Set(off),
    properties,
    failureAction: earlier.failureAction ?? "finishCurrent",
    concurrency: kind === "pipeline" ? (level === 2 ? "pipeline2" : "pipeline1") : kind === "skip" ? "skip" : "ignore",
    notifyFirst: notify.firstFailure,
    notifyLast: notify.lastFailure,
    failureEmails: notify.failureEmails.join(", "),
    successEmails: notify.successEmails.join(", "),
  };
}

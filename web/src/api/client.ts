import { boot } from "../boot";
import { Problem, problemOf } from "./problem";
import type { Page } from "./types";

const BASE = "/api/v1";

/** Items that are read of a list at most, and those of one page. */
export const MOST_ITEMS = 10_000;
const PAGE_ITEMS = 200;

type Value = string | number | boolean | null | undefined;

/** `/projects/{}/flows/{}` with its places filled, percent-encoded. */
export function path(template: string, ...values: (string | number)[]): string {
  let at = 0;
  return template.replaceAll("{}", () => encodeURIComponent(values[at++] ?? ""));
}

/** An address of the API; parameters without a value are left out. */
export function address(resource: string, query: Record<string, Value> = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(key, String(value));
  }
  return `${BASE}${resource}${params.size ? `?${params}` : ""}`;
}

let csrfToken = boot.csrfToken;
let expired: () => void = () => {};

/** Calls `listener` when the session has ended. */
export function onExpired(listener: () => void) {
  expired = listener;
}

/** A new session began in this page. */
export function renewed(token: string) {
  csrfToken = token;
}

async function send(method: string, url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Accept", "application/json");
  if (method !== "GET" && csrfToken) headers.set("X-CSRF-TOKEN", csrfToken);
  let response: Response;
  try {
    response = await fetch(url, { ...init, method, headers, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem(0, "unreachable", "The server could not be reached.");
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (problem.status === 401) expired();
  throw problem;
}

/** Reads a resource. @throws Problem */
export async function get<T>(resource: string, query: Record<string, Value> = {}, signal?: AbortSignal): Promise<T> {
  const response = await send("GET", address(resource, query), signal ? { signal } : {});
  return (await response.json()) as T;
}

/**
 * Reads a list page by page and gives it as one; a `nextCursor` says that there are more than `MOST_ITEMS`, which are
 * left out. @throws Problem
 */
export async function all<T>(
  resource: string,
  query: Record<string, Value> = {},
  signal?: AbortSignal,
): Promise<Page<T>> {
  const items: T[] = [];
  let cursor: string | null = "";
  while (cursor !== null && items.length < MOST_ITEMS) {
    const page: Page<T> = await get<Page<T>>(resource, { ...query, cursor, limit: PAGE_ITEMS }, signal);
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return { items, nextCursor: cursor };
}

/** Reads a file as text. @throws Problem */
export async function getText(resource: string, signal?: AbortSignal): Promise<string> {
  const response = await send("GET", address(resource), signal ? { signal } : {});
  return response.text();
}

/** Changes something. @throws Problem */
export async function write<T>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  resource: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<T> {
  const init: RequestInit = { headers };
  if (body !== undefined) {
    init.body = JSON.stringify(body);
    init.headers = { ...headers, "Content-Type": "application/json" };
  }
  const response = await send(method, address(resource), init);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Reads an answer line by line (NDJSON) until it ends or `signal` stops it. @throws Problem */
export async function* lines<T>(
  resource: string,
  query: Record<string, Value>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const response = await send("GET", address(resource, query), { signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    rest += value ?? "";
    const parts = rest.split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) if (part) yield JSON.parse(part) as T;
    if (done) break;
  }
  if (rest) yield JSON.parse(rest) as T;
}

/** Sends a file and tells how far it is, from 0 to 1. @throws Problem */
export function upload<T>(
  resource: string,
  query: Record<string, Value>,
  file: File,
  progress: (part: number) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(resource, query));
    request.setRequestHeader("Content-Type", "application/zip");
    request.setRequestHeader("Accept", "application/json");
    if (csrfToken) request.setRequestHeader("X-CSRF-TOKEN", csrfToken);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new Problem(0, "unreachable", "The server could not be reached."));
    request.onload = async () => {
      const response = new Response(request.responseText || null, {
        status: request.status,
        headers: { "X-Request-Id": request.getResponseHeader("X-Request-Id") ?? "" },
      });
      if (response.ok) return resolve((await response.json()) as T);
      const problem = await problemOf(response);
      if (problem.status === 401) expired();
      reject(problem);
    };
    request.send(file);
  });
}

/** The shapes of `/api/v1` (docs/api-v1.md). Times are milliseconds since 1970. */

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  total?: { count: number; exact: boolean };
}

export type Permission = "ADMIN" | "READ" | "WRITE" | "EXECUTE" | "SCHEDULE" | (string & {});

export interface Session {
  user: { name: string; email: string | null; groups: string[]; roles: string[] };
  permissions: Permission[];
  csrfToken: string;
}

export interface ExecutionRef {
  id: number;
  flow: string;
  status: string;
  submittedAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

export interface Project {
  id: number;
  name: string;
  description: string | null;
  active: boolean;
  version: number;
  createdAt: number;
  modifiedAt: number;
  modifiedBy: string;
  permissions: Permission[];
  uploadLocked: boolean;
  flowCount: number | null;
  lastRun: ExecutionRef | null;
}

export interface Grants {
  users: { name: string; permissions: Permission[] }[];
  groups: { name: string; permissions: Permission[] }[];
  proxyUsers: string[];
}

/** Names that projects mention, for completion. */
export interface KnownNames {
  users: string[];
  groups: string[];
  proxyUsers: string[];
}

export interface ProjectEvent {
  at: number;
  user: string;
  kind: string;
  message: string | null;
}

export interface Version {
  version: number;
  uploadedAt: number;
  uploader: string;
  fileName: string;
  size: number;
  sha256: string | null;
  purged: boolean;
  current: boolean;
}

export interface Uploaded {
  version: number;
  warnings: string[];
}

export interface Diff {
  from: number;
  to: number;
  files: {
    path: string;
    change: "added" | "removed" | "modified";
    sizeBefore: number | null;
    sizeAfter: number | null;
    binary: boolean;
  }[];
  flows: { added: string[]; removed: string[]; modified: string[] };
}

export interface FlowItem {
  id: string;
  jobCount: number;
  jobTypes: string[];
  locked: boolean;
  lockMessage: string | null;
  recent: ExecutionRef[];
}

export interface FlowNode {
  path: string;
  id: string;
  kind: "flow" | "job";
  type: string;
  flow: string | null;
  parent: string | null;
  level: number;
  in: string[];
  out: string[];
  condition: string | null;
}

export interface Flow {
  project: string;
  projectId: number;
  version: number;
  flow: string;
  embedded: boolean;
  locked: boolean;
  lock: Lock | null;
  failureEmails: string[];
  successEmails: string[];
  properties: Record<string, string>;
  nodes: FlowNode[];
}

/** Who locked a flow, when and why. */
export interface Lock {
  locked: boolean;
  message: string | null;
  lockedBy: string | null;
  lockedAt: number | null;
}

export interface Layout {
  width: number;
  height: number;
  direction: string;
  simple: boolean;
  nodes: { path: string; x: number; y: number; width: number; height: number; expanded: boolean; parent: string }[];
  edges: { from: string; to: string; points: number[][] }[];
}

export interface Grid {
  version: number;
  jobs: string[];
  codes: Record<string, string>;
  runs: {
    id: number;
    status: string;
    version: number;
    user: string;
    submittedAt: number;
    startedAt: number | null;
    endedAt: number | null;
    cells: string;
  }[];
  nextBefore: number | null;
}

export interface Summary {
  runs: number;
  succeeded: number;
  failed: number;
  killed: number;
  p50Ms: number | null;
  p95Ms: number | null;
  trend: { id: number; status: string; startedAt: number | null; durationMs: number | null }[];
  slowest: { path: string; p50Ms: number | null; p95Ms: number | null; runs: number; failed: number }[];
}

export interface Job {
  path: string;
  id: string;
  type: string;
  kind: string;
  condition: string | null;
  dependsOn: string[];
  dependents: string[];
  source: string | null;
  properties: {
    key: string;
    value: string;
    original: string | null;
    origin: { kind: string; file: string | null };
  }[];
  override: Record<string, string> | null;
}

export interface JobHistory {
  items: {
    execution: number;
    status: string;
    attempt: number;
    startedAt: number | null;
    endedAt: number | null;
    durationMs: number | null;
  }[];
  p50Ms: number | null;
  p95Ms: number | null;
}

export interface ExecuteRequest {
  failureAction?: "finishCurrent" | "cancelAll" | "finishPossible" | null;
  concurrency?: { kind: "ignore" } | { kind: "skip" } | { kind: "pipeline"; level: number } | null;
  disabled?: string[];
  only?: string[] | null;
  properties?: Record<string, string>;
  jobProperties?: Record<string, Record<string, string>>;
  notify?: {
    firstFailure: boolean;
    lastFailure: boolean;
    failureEmails: string[] | null;
    successEmails: string[] | null;
  };
}

export interface Preview {
  version: number;
  jobs: number;
  willRun: number;
  skipped: number;
  expectedMs: number | null;
  expectedFrom: number;
  warnings: { code: string; params: Record<string, unknown>; message: string }[];
  canSubmit: boolean;
}

export interface Execution {
  id: number;
  projectId: number;
  project: string;
  flow: string;
  version: number;
  status: string;
  user: string;
  submittedAt: number;
  startedAt: number | null;
  endedAt: number | null;
  updatedAt: number | null;
}

/** How many executions there are of each value, among the newest 10,000 that match. */
export interface Facets {
  status: Record<string, number>;
  user: Record<string, number>;
  flow: Record<string, number>;
  project: Record<string, number>;
  /** Steps of the same length. */
  timeline: { from: number; stepMs: number; started: number[]; bad: number[] } | null;
}

export interface Counted {
  total: { count: number; exact: boolean } | null;
  facets: Facets | null;
}

export interface Attempt {
  attempt: number;
  status: string;
  startedAt: number | null;
  endedAt: number | null;
  reason: string | null;
  /** With what its process ended, where that is known and not 0. */
  exitCode: number | null;
}

export interface NodeRun {
  path: string;
  status: string;
  attempt: number;
  startedAt: number | null;
  endedAt: number | null;
  updatedAt: number | null;
  notBefore: number | null;
  attempts: Attempt[];
}

/** What an execution was started with. */
export interface ExecutionOptions {
  concurrency: { kind: string; level: number | null; on: number | null };
  disabled: string[];
  failureAction: "finishCurrent" | "cancelAll" | "finishPossible" | null;
  jobProperties: Record<string, Record<string, string>>;
  notify: { firstFailure: boolean; lastFailure: boolean; failureEmails: string[]; successEmails: string[] };
  properties: Record<string, string>;
}

export interface ExecutionDetail extends Execution {
  /** How it came about: `user`, `schedule`, … */
  source: string;
  /** What the caller may do. */
  permissions: Permission[];
  options: ExecutionOptions;
  nodes: NodeRun[];
  counts: Record<string, number>;
  position: number | null;
  expectedMs: number | null;
}

export interface RunningItem extends Execution {
  counts: Record<string, number>;
  expectedMs: number | null;
  position: number | null;
  /** The user may pause, resume and end it. */
  mayKill: boolean;
}

export interface Running {
  running: RunningItem[];
  queue: RunningItem[];
  slots: { used: number; limit: number };
  /** Waiting ones start when a slot is free. */
  queueOpen: boolean;
}

export interface Reason {
  code: string;
  path: string | null;
  params: Record<string, unknown>;
  message: string;
}

export interface NodeOutcome {
  status: string;
  durationMs: number | null;
}

/** What is different between two executions. */
export interface Differences {
  version: Diff | null;
  options: { key: string; before: string | null; after: string | null }[];
  nodes: { path: string; before: NodeOutcome | null; after: NodeOutcome | null }[];
}

export interface Changes extends Differences {
  since: number | null;
}

export interface Comparison extends Differences {
  a: Execution;
  b: Execution;
}

export interface LogPage {
  page: number;
  firstLine: number;
  lines: string[];
  totalLines: number;
  totalBytes: number;
  /** Numbers of lines that were cut because they are very long. */
  cut: number[];
  /** The beginning of the log was rolled away. */
  rolled: boolean;
  complete: boolean;
}

export type LogHit =
  | { line: number; offset: number; text: string; spans: number[][] }
  | { end: boolean; hits: number; truncated: boolean; lines: number };

export interface Schedule {
  id: number;
  project: string;
  projectId: number;
  flow: string;
  cron: string | null;
  period: string | null;
  timeZone: string;
  paused: boolean;
  locked: boolean;
  missed: "skip" | "once" | "all";
  user: string;
  firstAt: number;
  nextAt: number | null;
  endAt: number | null;
  mayChange: boolean;
  slaRules: number;
  typicalMs: number | null;
  fires: number[];
  past: PastFire[];
  /** Null in lists. */
  options: ExecuteRequest | null;
}

/** A fire that was dealt with: what it started, or why it started nothing. */
export interface PastFire {
  at: number;
  handledAt: number;
  run: { id: number; status: string; startedAt: number | null; endedAt: number | null } | null;
  code: string | null;
  reason: string | null;
}

/** A rule of a scheduled flow; `job` null: about the flow itself. */
export interface SlaRule {
  rule: string;
  project: string;
  flow: string;
  schedule: number;
  paused: boolean;
  job: string | null;
  goal: "finish" | "succeed";
  withinMs: number;
  alert: boolean;
  kill: boolean;
  emails: string[];
  alerters: Record<string, Record<string, string[]>>;
  typicalMs: number | null;
  lastMiss: { at: number; execution: number } | null;
  mayChange: boolean;
}

/** What starts a flow once its data are there, as the flow's file defines it. */
export interface FlowTrigger {
  project: string;
  flow: string;
  cron: string;
  maxWaitMs: number | null;
  dependencies: { name: string; type: string; params: Record<string, string> }[];
}

export interface SearchHit {
  kind: "project" | "flow" | "job" | "execution";
  project: string;
  flow: string | null;
  path: string | null;
  execution: number | null;
  status: string | null;
  score: number;
}

export interface AuditEntry {
  id: number;
  at: number;
  user: string;
  ip: string;
  action: string;
  outcome: "done" | "refused";
  project: string | null;
  flow: string | null;
  execution: number | null;
  details: string | null;
}

export interface User {
  name: string;
  email: string | null;
  groups: string[];
  roles: string[];
  permissions: Permission[];
  proxyUsers: string[];
  source: string;
  passwordHashed: boolean;
  sessions: number;
  tokens: number;
  seenAt: number | null;
}

export interface UserSession {
  id: string;
  ip: string;
  createdAt: number;
  usedAt: number;
  current: boolean;
}

export type TokenScope = "read" | "execute" | "all";

export interface ApiToken {
  id: number;
  user: string;
  name: string;
  scope: TokenScope;
  createdAt: number;
  expiresAt: number | null;
  usedAt: number | null;
  usedIp: string | null;
}

export interface CreatedToken {
  token: ApiToken;
  secret: string;
}

export interface Setting {
  key: string;
  section: string | null;
  value: string | null;
  secret: boolean;
  default: string | null;
  source: string | null;
  line: number | null;
  effect: "honoured" | "later" | "ignored" | "unknown";
  kind: string | null;
  meaning: string | null;
}

export interface Note {
  kind: string;
  message: string;
  url?: string;
}

export interface Figure {
  name: string;
  description: string;
  value: unknown;
}

export interface FigureGroup {
  name: string;
  bean: string;
  attributes: Figure[];
}

export interface Series {
  metric: string;
  points: { at: number; value: number }[];
}

export interface ExecutorInfo {
  id: number;
  host: string;
  version: string;
  buildId: string;
  active: boolean;
  running: number;
  slots: number;
  queued: number;
  runningJobs: number;
  processors: number;
  processorUse: number | null;
  load: number | null;
  memoryTotal: number | null;
  memoryAvailable: number | null;
  startedAt: number;
  lastDispatchAt: number | null;
  seenAt: number;
}

export interface Bookmark {
  project: string;
  flow: string | null;
  at: number;
}

export interface SavedView {
  id: number;
  name: string;
  query: string;
  shared: boolean;
  user: string;
  updatedAt: number;
}

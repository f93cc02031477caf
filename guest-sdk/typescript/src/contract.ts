/**
 * The contract's values as the SDK sees them: 64-bit numbers are numbers, what is absent is `undefined`, an outcome that is
 * absent may be `null`.
 */

export interface Payload {
  metadata: [string, Uint8Array][];
  data: Uint8Array;
}

export type Named<T> = [string, T][];

export interface Failure {
  causes: Cause[];
}

export interface Cause {
  message: string;
  stackTrace: string;
  kind: CauseKind;
}

export type CauseKind =
  | { tag: 'application'; val: ApplicationFailure }
  | { tag: 'cancelled'; val: Payload[] }
  | { tag: 'terminated' }
  | { tag: 'timeout'; val: { kind: string; lastHeartbeatDetails: Payload[] } }
  | { tag: 'activity'; val: ActivityFailure }
  | { tag: 'child-workflow'; val: ChildWorkflowFailure }
  | { tag: 'server' };

export interface ApplicationFailure {
  type: string;
  nonRetryable: boolean;
  details: Payload[];
  nextRetryDelayMs: number | undefined;
}

export interface ActivityFailure {
  activityType: string;
  activityId: string;
  attempts: number;
  retryState: string;
}

export interface ChildWorkflowFailure {
  namespace: string;
  workflowId: string;
  runId: string;
  workflowType: string;
  retryState: string;
}

export interface RetryPolicy {
  initialIntervalMs: number | undefined;
  backoffCoefficient: number | undefined;
  maximumIntervalMs: number | undefined;
  maximumAttempts: number | undefined;
  nonRetryableErrorTypes: string[];
}

export interface Request {
  id: string;
  name: string;
  input: Payload[];
  headers: Named<Payload>;
}

export interface ActivityOptions {
  activityId: string | undefined;
  taskQueue: string | undefined;
  scheduleToCloseMs: number | undefined;
  scheduleToStartMs: number | undefined;
  startToCloseMs: number | undefined;
  heartbeatMs: number | undefined;
  retryPolicy: RetryPolicy | undefined;
  cancellationType: string;
  summary: string | undefined;
  headers: Named<Payload>;
  extensions: Named<Payload>;
}

export interface LocalActivityOptions {
  activityId: string | undefined;
  scheduleToCloseMs: number | undefined;
  startToCloseMs: number | undefined;
  retryPolicy: RetryPolicy | undefined;
  localRetryThresholdMs: number | undefined;
  cancellationType: string;
  summary: string | undefined;
  headers: Named<Payload>;
  extensions: Named<Payload>;
}

export interface ChildOptions {
  workflowId: string | undefined;
  namespace: string | undefined;
  taskQueue: string | undefined;
  executionTimeoutMs: number | undefined;
  runTimeoutMs: number | undefined;
  retryPolicy: RetryPolicy | undefined;
  idReusePolicy: string;
  parentClosePolicy: string;
  cancellationType: string;
  modulePolicy: string;
  memo: Named<Payload>;
  searchAttributes: Named<Payload>;
  summary: string | undefined;
  headers: Named<Payload>;
  extensions: Named<Payload>;
}

export interface Target {
  namespace: string | undefined;
  workflowId: string;
  runId: string | undefined;
}

export interface ContinueAsNewOptions {
  workflowType: string | undefined;
  taskQueue: string | undefined;
  runTimeoutMs: number | undefined;
  retryPolicy: RetryPolicy | undefined;
  memo: Named<Payload> | undefined;
  searchAttributes: Named<Payload> | undefined;
  currentModule: boolean;
  carriedSignals: Request[];
  headers: Named<Payload>;
  extensions: Named<Payload>;
}

export interface Parent {
  namespace: string;
  workflowId: string;
  runId: string;
}

export interface RunInfo {
  namespace: string;
  workflowId: string;
  runId: string;
  firstRunId: string;
  continuedRunId: string | undefined;
  workflowType: string;
  taskQueue: string;
  attempt: number;
  startTimeUs: number;
  executionTimeoutMs: number | undefined;
  runTimeoutMs: number | undefined;
  retryPolicy: RetryPolicy | undefined;
  parent: Parent | undefined;
  root: Parent | undefined;
  memo: Named<Payload>;
  searchAttributes: Named<Payload>;
  headers: Named<Payload>;
  lastCompletionResult: Payload | undefined;
  lastFailure: Failure | undefined;
  moduleDigest: string;
}

export type Outcome = { tag: 'ok'; val: Payload | null | undefined } | { tag: 'err'; val: Failure };

export interface Start {
  workflowType: string;
  input: Payload[];
  headers: Named<Payload>;
  seed: Uint8Array;
  carriedSignals: Request[];
}

export type Event =
  | { tag: 'started'; val: Start }
  | { tag: 'resumed'; val: { operation: number; outcome: Outcome } }
  | { tag: 'signalled'; val: Request }
  | { tag: 'update-accepted'; val: Request }
  | { tag: 'cancel-requested'; val: string }
  | { tag: 'reseeded'; val: Uint8Array }
  | { tag: 'module-changed'; val: string }
  | { tag: 'extension'; val: [string, Payload] };

export interface Activation {
  number: number;
  timeUs: number;
  replaying: boolean;
  historyEvents: number;
  historyBytes: number;
  continueAsNewSuggested: boolean;
  reasons: string[];
  events: Event[];
}

export interface HandlerDefinition {
  name: string;
  description: string | undefined;
  inputSchemas: string[] | undefined;
  resultSchema: string | undefined;
}

export interface WorkflowDefinition {
  name: string;
  description: string | undefined;
  inputSchemas: string[] | undefined;
  resultSchema: string | undefined;
  signals: HandlerDefinition[];
  queries: HandlerDefinition[];
  updates: HandlerDefinition[];
  dynamicSignals: boolean;
  dynamicQueries: boolean;
  dynamicUpdates: boolean;
  extensions: Named<Payload>;
}

export interface ModuleDefinition {
  sdkName: string;
  sdkVersion: string;
  workflows: WorkflowDefinition[];
  extensions: Named<Payload>;
}

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

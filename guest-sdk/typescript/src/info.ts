/** What a run knows of itself. */

import { changed, fromSearchAttribute, type SearchAttributeValue } from './attributes.js';
import type { Parent } from './contract.js';
import { fromContract } from './failure-contract.js';
import type { Failure } from './failures.js';
import { decodeNamed, decodeValue } from './payload.js';
import { type RetryPolicy, retryFromContract } from './retry.js';
import { currentRuntime, tryCurrentRuntime } from './runtime.js';

/** What a run was started with, as it has changed it since. */
export interface WorkflowInfo {
  readonly workflowId: string;
  readonly runId: string;
  readonly workflowType: string;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The first run of the chain of continue-as-new, retries and resets. */
  readonly firstExecutionRunId: string;
  readonly continuedFromExecutionRunId: string | undefined;
  /** Who started it, if a workflow did. */
  readonly parent: Readonly<Parent> | undefined;
  /** The top of the tree of parents. */
  readonly root: Readonly<Parent> | undefined;
  /** Of the workflow's own retry policy, from 1. */
  readonly attempt: number;
  readonly startTime: Date;
  readonly executionTimeoutMs: number | undefined;
  readonly runTimeoutMs: number | undefined;
  readonly retryPolicy: RetryPolicy | undefined;
  readonly memo: Record<string, unknown>;
  readonly searchAttributes: Record<string, SearchAttributeValue>;
  /** What travelled with the start beside the arguments. */
  readonly headers: Record<string, unknown>;
  /** What the last run of the same schedule or chain left. */
  readonly lastResult: unknown;
  readonly lastFailure: Failure | undefined;
  /** Events before the present activation. */
  readonly historyLength: number;
  readonly historySize: number;
  /** True: it is time to `continueAsNew`. */
  readonly continueAsNewSuggested: boolean;
  readonly continueAsNewReasons: readonly string[];
  /** The digest of the module. */
  readonly moduleDigest: string;
  /** Not for decisions: it differs when the past is repeated. */
  readonly unsafe: { readonly isReplaying: boolean };
}

/** What this run knows of itself. */
export function workflowInfo(): WorkflowInfo {
  const runtime = currentRuntime();
  const { info, history, replaying } = runtime;
  const attributes = changed(info.searchAttributes, runtime.upsertedAttributes);
  return {
    workflowId: info.workflowId,
    runId: info.runId,
    workflowType: info.workflowType,
    namespace: info.namespace,
    taskQueue: info.taskQueue,
    firstExecutionRunId: info.firstRunId,
    continuedFromExecutionRunId: info.continuedRunId,
    parent: info.parent,
    root: info.root,
    attempt: info.attempt,
    startTime: new Date(Math.floor(info.startTimeUs / 1_000)),
    executionTimeoutMs: info.executionTimeoutMs,
    runTimeoutMs: info.runTimeoutMs,
    retryPolicy: retryFromContract(info.retryPolicy),
    memo: decodeNamed(changed(info.memo, runtime.upsertedMemo)),
    searchAttributes: Object.fromEntries(
      attributes.map(([name, value]) => [name, fromSearchAttribute(value)]),
    ),
    headers: decodeNamed(info.headers),
    lastResult: decodeValue(info.lastCompletionResult),
    lastFailure: info.lastFailure && fromContract(info.lastFailure),
    historyLength: history.events,
    historySize: history.bytes,
    continueAsNewSuggested: history.continueAsNewSuggested,
    continueAsNewReasons: history.reasons,
    moduleDigest: info.moduleDigest,
    unsafe: { isReplaying: replaying },
  };
}

/** True in workflow code, once a run has begun. */
export function inWorkflowContext(): boolean {
  return tryCurrentRuntime() !== undefined;
}

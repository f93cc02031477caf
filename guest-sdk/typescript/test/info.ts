import type { RunInfo } from '../src/contract.js';

/** Of a run that nobody but a client has started. */
export function defaultInfo(): RunInfo {
  return {
    namespace: 'default',
    workflowId: 'w',
    runId: 'r',
    firstRunId: 'r',
    continuedRunId: undefined,
    workflowType: 'main',
    taskQueue: 'default',
    attempt: 1,
    startTimeUs: 1_000_000,
    executionTimeoutMs: undefined,
    runTimeoutMs: undefined,
    retryPolicy: undefined,
    parent: undefined,
    root: undefined,
    memo: [],
    searchAttributes: [],
    headers: [],
    lastCompletionResult: undefined,
    lastFailure: undefined,
    moduleDigest: 'sha256:0',
  };
}

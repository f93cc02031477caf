/**
 * The contract's imports as an engine gives them. QuickJS has numbers for 64 bits and `null` for what is absent,
 * StarlingMonkey has `BigInt` and `undefined`; this layer hides it.
 */

import type { Activation, Event, Failure, Outcome, RetryPolicy, RunInfo } from './contract.js';
import type { Host } from './host.js';

// The engine's own values, of which TypeScript knows nothing.
type Foreign = any;

/** The modules of the contract's interfaces. */
export type Imports = Record<
  'activities' | 'timers' | 'children' | 'runs' | 'run' | 'updates' | 'telemetry',
  Record<string, (...args: Foreign[]) => Foreign>
>;

/** How an engine writes 64 bits. */
export interface Engine {
  readonly toU64: (value: number) => number | bigint;
}

export function hostOf(imports: Imports, { toU64 }: Engine): Host {
  const { activities, timers, children, runs, run, updates, telemetry } = imports as Record<string, Foreign>;
  const ms = (value: number | undefined): unknown => (value === undefined ? undefined : toU64(value));
  const policy = (retry: RetryPolicy | undefined): unknown => {
    if (retry === undefined) return undefined;
    const { initialIntervalMs, maximumIntervalMs } = retry;
    return { ...retry, initialIntervalMs: ms(initialIntervalMs), maximumIntervalMs: ms(maximumIntervalMs) };
  };
  const failure = ({ causes }: Failure): Failure => ({ causes: causes.map((cause) => causeOut(cause, ms)) });
  return {
    scheduleActivity: (name, input, options) =>
      Number(
        activities.schedule(name, input, {
          ...options,
          scheduleToCloseMs: ms(options.scheduleToCloseMs),
          scheduleToStartMs: ms(options.scheduleToStartMs),
          startToCloseMs: ms(options.startToCloseMs),
          heartbeatMs: ms(options.heartbeatMs),
          retryPolicy: policy(options.retryPolicy),
        }),
      ),
    scheduleLocalActivity: (name, input, options) =>
      Number(
        activities.scheduleLocal(name, input, {
          ...options,
          scheduleToCloseMs: ms(options.scheduleToCloseMs),
          startToCloseMs: ms(options.startToCloseMs),
          localRetryThresholdMs: ms(options.localRetryThresholdMs),
          retryPolicy: policy(options.retryPolicy),
        }),
      ),
    cancelActivity: (operation) => activities.cancel(toU64(operation)),
    startTimer: (durationMs, summary) => Number(timers.start(toU64(durationMs), { summary, extensions: [] })),
    cancelTimer: (operation) => timers.cancel(toU64(operation)),
    startChild: (workflowType, input, options) => {
      const child = children.start(workflowType, input, {
        ...options,
        executionTimeoutMs: ms(options.executionTimeoutMs),
        runTimeoutMs: ms(options.runTimeoutMs),
        retryPolicy: policy(options.retryPolicy),
      });
      return { started: Number(child.started), closed: Number(child.closed) };
    },
    cancelChild: (closed, reason) => children.cancel(toU64(closed), reason),
    signalRun: (target, name, input, options) =>
      Number(runs.signal(target, name, input, { ...options, extensions: [] })),
    cancelRun: (target, reason) => Number(runs.cancel(target, reason)),
    complete: (result) => run.complete(result),
    fail: (reason) => run.fail(failure(reason)),
    cancelled: (details) => run.cancelled(details),
    continueAsNew: (input, options) =>
      run.continueAsNew(input, {
        ...options,
        runTimeoutMs: ms(options.runTimeoutMs),
        retryPolicy: policy(options.retryPolicy),
      }),
    info: () => infoIn(run.info()),
    randomBytes: (length) => run.randomBytes(length),
    patched: (id) => run.patched(id),
    deprecatePatch: (id) => run.deprecatePatch(id),
    getVersion: (changeId, minimum, maximum) => run.getVersion(changeId, minimum, maximum),
    upsertSearchAttributes: (attributes) => run.upsertSearchAttributes(attributes),
    setMemo: (fields) => run.setMemo(fields),
    setDetails: (details) => run.setDetails(details),
    completeUpdate: (id, result) => updates.complete(id, result),
    failUpdate: (id, reason) => updates.fail(id, failure(reason)),
    log: (level, message, fields) => telemetry.log(level, message, fields),
    count: (name, value, tags) => telemetry.count(name, toU64(value), tags),
    record: (name, value, tags) => telemetry.record(name, value, tags),
    wantsCallSites: () => telemetry.wantsCallSites(),
    callSite: (frames) => telemetry.callSite(frames),
  };
}

/** A failure as an engine takes it. */
export function failureOut(failure: Failure, { toU64 }: Engine): Failure {
  const ms = (value: number | undefined): unknown => (value === undefined ? undefined : toU64(value));
  return { causes: failure.causes.map((cause) => causeOut(cause, ms)) };
}

function causeOut(cause: Failure['causes'][number], ms: (value: number | undefined) => unknown): Foreign {
  if (cause.kind.tag !== 'application') return cause;
  const val = { ...cause.kind.val, nextRetryDelayMs: ms(cause.kind.val.nextRetryDelayMs) };
  return { ...cause, kind: { tag: 'application', val } };
}

export function activationIn(activation: Foreign): Activation {
  return {
    number: Number(activation.number),
    timeUs: Number(activation.timeUs),
    replaying: activation.replaying,
    historyEvents: Number(activation.historyEvents),
    historyBytes: Number(activation.historyBytes),
    continueAsNewSuggested: activation.continueAsNewSuggested,
    reasons: activation.reasons,
    events: activation.events.map(eventIn),
  };
}

function eventIn(event: Foreign): Event {
  if (event.tag !== 'resumed') return event as Event;
  const { operation, outcome } = event.val;
  return { tag: 'resumed', val: { operation: Number(operation), outcome: outcomeIn(outcome) } };
}

function outcomeIn(outcome: Foreign): Outcome {
  if (outcome.tag === 'ok') return { tag: 'ok', val: outcome.val ?? undefined };
  return { tag: 'err', val: failureIn(outcome.val) };
}

function failureIn(failure: Foreign): Failure {
  return {
    causes: failure.causes.map((cause: Foreign) => {
      if (cause.kind.tag !== 'application') return cause;
      const nextRetryDelayMs = numberIn(cause.kind.val.nextRetryDelayMs);
      return { ...cause, kind: { tag: 'application', val: { ...cause.kind.val, nextRetryDelayMs } } };
    }),
  };
}

function infoIn(info: Foreign): RunInfo {
  return {
    ...info,
    continuedRunId: info.continuedRunId ?? undefined,
    startTimeUs: Number(info.startTimeUs),
    executionTimeoutMs: numberIn(info.executionTimeoutMs),
    runTimeoutMs: numberIn(info.runTimeoutMs),
    retryPolicy: info.retryPolicy == null ? undefined : policyIn(info.retryPolicy),
    parent: info.parent ?? undefined,
    root: info.root ?? undefined,
    lastCompletionResult: info.lastCompletionResult ?? undefined,
    lastFailure: info.lastFailure == null ? undefined : failureIn(info.lastFailure),
  };
}

function policyIn(policy: Foreign): RetryPolicy {
  return {
    initialIntervalMs: numberIn(policy.initialIntervalMs),
    backoffCoefficient: policy.backoffCoefficient ?? undefined,
    maximumIntervalMs: numberIn(policy.maximumIntervalMs),
    maximumAttempts: policy.maximumAttempts ?? undefined,
    nonRetryableErrorTypes: policy.nonRetryableErrorTypes,
  };
}

function numberIn(value: number | bigint | null | undefined): number | undefined {
  return value == null ? undefined : Number(value);
}

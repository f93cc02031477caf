/**
 * What goes wrong and is told to others: failures. One that comes out of a workflow fails it; any other error is a bug, and
 * fails the activation only.
 */

import type { Duration } from './duration.js';

export type RetryState =
  | 'IN_PROGRESS'
  | 'NON_RETRYABLE_FAILURE'
  | 'TIMEOUT'
  | 'MAXIMUM_ATTEMPTS_REACHED'
  | 'RETRY_POLICY_NOT_SET'
  | 'INTERNAL_SERVER_ERROR'
  | 'CANCEL_REQUESTED';

export type TimeoutType = 'START_TO_CLOSE' | 'SCHEDULE_TO_START' | 'SCHEDULE_TO_CLOSE' | 'HEARTBEAT';

/** The base of all of them. */
export abstract class Failure extends Error {
  override readonly cause: Error | undefined;
  /** Where it was raised, if that was in another run or in an activity. */
  remoteStack: string | undefined = undefined;

  constructor(message: string, cause?: Error) {
    super(message);
    this.cause = cause;
    Object.defineProperty(this, 'remoteStack', { enumerable: false });
  }

  /** Gives it the frames of the call that it comes of, unless it has frames from elsewhere. */
  raisedAt(stack: string): void {
    this.stack = stack;
    if (this.remoteStack === '') this.remoteStack = undefined;
  }
}

export interface ApplicationFailureOptions {
  message?: string | undefined;
  /** What retry policies and callers match exactly; `Error` by default. */
  type?: string | undefined;
  nonRetryable?: boolean | undefined;
  /** Values for those who handle the failure. */
  details?: unknown[] | undefined;
  /** Overrides the backoff before the next attempt. */
  nextRetryDelay?: Duration | undefined;
  cause?: Error | undefined;
}

/** A failure that user code raises, here, in an activity or in a child. */
export class ApplicationFailure extends Failure {
  constructor(
    message: string,
    readonly type: string,
    readonly nonRetryable: boolean,
    readonly details: unknown[],
    cause?: Error,
    readonly nextRetryDelay?: Duration,
  ) {
    super(message, cause);
    this.name = 'ApplicationFailure';
  }

  static create(options: ApplicationFailureOptions): ApplicationFailure {
    const {
      message = '',
      type = 'Error',
      nonRetryable = false,
      details = [],
      nextRetryDelay,
      cause,
    } = options;
    return new ApplicationFailure(message, type, nonRetryable, details, cause, nextRetryDelay);
  }

  static retryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return ApplicationFailure.create({ message, type, details });
  }

  static nonRetryable(message?: string, type?: string, ...details: unknown[]): ApplicationFailure {
    return ApplicationFailure.create({ message, type, nonRetryable: true, details });
  }

  /** Of any error; a failure stays as it is. */
  static fromError(error: unknown, overrides: ApplicationFailureOptions = {}): ApplicationFailure {
    if (error instanceof ApplicationFailure) return error;
    const [message, type] = error instanceof Error ? [error.message, error.name] : [String(error), 'Error'];
    const failure = ApplicationFailure.create({ message, type, ...overrides });
    if (error instanceof Error && error.stack !== undefined) failure.stack = error.stack;
    return failure;
  }
}

/** A child that was not started, because an open workflow has its id, or one had it and it may not be used again. */
export class WorkflowExecutionAlreadyStartedError extends ApplicationFailure {
  constructor(
    message: string,
    type: string,
    readonly workflowId: string,
    readonly workflowType: string,
  ) {
    super(message, type, true, []);
    this.name = 'WorkflowExecutionAlreadyStartedError';
  }
}

/** Stopped by a cancellation. */
export class CancelledFailure extends Failure {
  constructor(
    message = 'cancelled',
    readonly details: unknown[] = [],
    cause?: Error,
  ) {
    super(message, cause);
    this.name = 'CancelledFailure';
  }
}

/** Terminated from outside. */
export class TerminatedFailure extends Failure {
  constructor(message: string, cause?: Error) {
    super(message, cause);
    this.name = 'TerminatedFailure';
  }
}

/** A time limit was exceeded. */
export class TimeoutFailure extends Failure {
  constructor(
    message: string,
    readonly lastHeartbeatDetails: unknown[],
    readonly timeoutType: TimeoutType,
    cause?: Error,
  ) {
    super(message, cause);
    this.name = 'TimeoutFailure';
  }
}

/** A failure of the host itself. */
export class ServerFailure extends Failure {
  constructor(message: string, cause?: Error) {
    super(message, cause);
    this.name = 'ServerFailure';
  }
}

/** An activity came to its end without a result; `cause` says why. */
export class ActivityFailure extends Failure {
  constructor(
    message: string,
    readonly activityType: string,
    readonly activityId: string,
    readonly retryState: RetryState,
    readonly attempts: number,
    cause?: Error,
  ) {
    super(message, cause);
    this.name = 'ActivityFailure';
  }
}

/** A child came to its end without a result; `cause` says why. */
export class ChildWorkflowFailure extends Failure {
  constructor(
    message: string,
    readonly namespace: string,
    readonly execution: { readonly workflowId: string; readonly runId: string },
    readonly workflowType: string,
    readonly retryState: RetryState,
    cause?: Error,
  ) {
    super(message, cause);
    this.name = 'ChildWorkflowFailure';
  }
}

/** The innermost of a chain of causes. */
export function rootCause(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return root;
}

/**
 * True of a cancellation: of a scope or the run, or of an activity or a child that was awaited. A failure that code throws
 * in answer to one is none.
 */
export function isCancellation(error: unknown): boolean {
  return cancellation(error) !== undefined;
}

/** The cancellation that an error is, or that it hands on. */
export function cancellation(error: unknown): CancelledFailure | undefined {
  if (error instanceof ActivityFailure || error instanceof ChildWorkflowFailure)
    return cancellation(error.cause);
  return error instanceof CancelledFailure ? error : undefined;
}

/** Stopped by a cancellation with this reason, which may be empty. */
export function cancelledBecause(reason: string): CancelledFailure {
  return new CancelledFailure(reason === '' ? 'cancelled' : `cancelled: ${reason}`);
}

/** Failures on their way to the host and back. */

import type * as contract from './contract.js';
import { optionalMilliseconds } from './duration.js';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  Failure,
  type RetryState,
  ServerFailure,
  TerminatedFailure,
  TimeoutFailure,
  type TimeoutType,
} from './failures.js';
import { fromKebab, toKebab } from './names.js';
import { decodeAll, encodeValue } from './payload.js';
import { stackTrace } from './stack.js';

/** The chain of an error. What is no failure counts as an application failure of the error's name. */
export function toContract(error: unknown): contract.Failure {
  const causes: contract.Cause[] = [];
  let link: unknown = error;
  do {
    causes.push(toCause(link));
    link = link instanceof Error ? link.cause : undefined;
  } while (link !== undefined && link !== null);
  return { causes };
}

function toCause(error: unknown): contract.Cause {
  const failure = error instanceof Failure ? error : ApplicationFailure.fromError(error);
  return {
    message: failure.message,
    stackTrace: failure.remoteStack ?? stackTrace(failure.stack),
    kind: toKind(failure),
  };
}

function toKind(failure: Failure): contract.CauseKind {
  if (failure instanceof ApplicationFailure) return { tag: 'application', val: toApplication(failure) };
  if (failure instanceof CancelledFailure) return { tag: 'cancelled', val: failure.details.map(encodeValue) };
  if (failure instanceof TerminatedFailure) return { tag: 'terminated' };
  if (failure instanceof TimeoutFailure) {
    const lastHeartbeatDetails = failure.lastHeartbeatDetails.map(encodeValue);
    return { tag: 'timeout', val: { kind: toKebab(failure.timeoutType), lastHeartbeatDetails } };
  }
  if (failure instanceof ActivityFailure) {
    const { activityType, activityId, attempts } = failure;
    return {
      tag: 'activity',
      val: { activityType, activityId, attempts, retryState: toKebab(failure.retryState) },
    };
  }
  if (failure instanceof ChildWorkflowFailure) {
    const { namespace, workflowType, execution } = failure;
    const retryState = toKebab(failure.retryState);
    return { tag: 'child-workflow', val: { namespace, ...execution, workflowType, retryState } };
  }
  return { tag: 'server' };
}

function toApplication(failure: ApplicationFailure): contract.ApplicationFailure {
  return {
    type: failure.type,
    nonRetryable: failure.nonRetryable,
    details: failure.details.map(encodeValue),
    nextRetryDelayMs: optionalMilliseconds(failure.nextRetryDelay, 'nextRetryDelay'),
  };
}

/** The contract's chain is never empty; an empty one of a faulty host still becomes a failure. */
export function fromContract(failure: contract.Failure): Failure {
  const chain = failure.causes.reduceRight<Failure | undefined>(
    (cause, link) => fromCause(link, cause),
    undefined,
  );
  return chain ?? new ServerFailure('the host gave a failure without a cause');
}

function fromCause(link: contract.Cause, cause: Failure | undefined): Failure {
  const failure = fromKind(link, cause);
  failure.remoteStack = link.stackTrace;
  return failure;
}

function fromKind({ message, kind }: contract.Cause, cause: Failure | undefined): Failure {
  switch (kind.tag) {
    case 'application': {
      const { type, nonRetryable, details, nextRetryDelayMs } = kind.val;
      return new ApplicationFailure(message, type, nonRetryable, decodeAll(details), cause, nextRetryDelayMs);
    }
    case 'cancelled':
      return new CancelledFailure(message, decodeAll(kind.val), cause);
    case 'terminated':
      return new TerminatedFailure(message, cause);
    case 'timeout': {
      const timeoutType = fromKebab(kind.val.kind) as TimeoutType;
      return new TimeoutFailure(message, decodeAll(kind.val.lastHeartbeatDetails), timeoutType, cause);
    }
    case 'activity': {
      const { activityType, activityId, attempts, retryState } = kind.val;
      return new ActivityFailure(
        message,
        activityType,
        activityId,
        fromKebab(retryState) as RetryState,
        attempts,
        cause,
      );
    }
    case 'child-workflow': {
      const { namespace, workflowId, runId, workflowType, retryState } = kind.val;
      const state = fromKebab(retryState) as RetryState;
      return new ChildWorkflowFailure(message, namespace, { workflowId, runId }, workflowType, state, cause);
    }
    case 'server':
      return new ServerFailure(message, cause);
  }
}

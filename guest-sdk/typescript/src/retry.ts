/** How often and when failed attempts are repeated. */

import type * as contract from './contract.js';
import { type Duration, optionalMilliseconds } from './duration.js';

export interface RetryPolicy {
  /** The first backoff; 1 s by default. */
  initialInterval?: Duration;
  /** What each backoff is multiplied with; 2 by default. */
  backoffCoefficient?: number;
  /** The longest backoff; 100 times the first by default. */
  maximumInterval?: Duration;
  /** 1 means that nothing is repeated; not limited by default. */
  maximumAttempts?: number;
  /** Types of application failures that are not repeated, matched exactly. */
  nonRetryableErrorTypes?: string[];
}

export function retryToContract(policy: RetryPolicy | undefined): contract.RetryPolicy | undefined {
  if (policy === undefined) return undefined;
  const { backoffCoefficient, maximumAttempts, nonRetryableErrorTypes = [] } = policy;
  return {
    initialIntervalMs: optionalMilliseconds(policy.initialInterval, 'initialInterval'),
    backoffCoefficient,
    maximumIntervalMs: optionalMilliseconds(policy.maximumInterval, 'maximumInterval'),
    // Temporal's users write infinity for "not limited".
    maximumAttempts: maximumAttempts === Number.POSITIVE_INFINITY ? undefined : wholeNumber(maximumAttempts),
    nonRetryableErrorTypes,
  };
}

function wholeNumber(attempts: number | undefined): number | undefined {
  if (attempts === undefined || (Number.isInteger(attempts) && attempts >= 0)) return attempts;
  throw new TypeError(`maximumAttempts is a whole number, not ${attempts}`);
}

export function retryFromContract(policy: contract.RetryPolicy | undefined): RetryPolicy | undefined {
  if (policy === undefined) return undefined;
  const entries = [
    ['initialInterval', policy.initialIntervalMs],
    ['backoffCoefficient', policy.backoffCoefficient],
    ['maximumInterval', policy.maximumIntervalMs],
    ['maximumAttempts', policy.maximumAttempts],
    ['nonRetryableErrorTypes', policy.nonRetryableErrorTypes],
  ];
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as RetryPolicy;
}

/** Durable timers. */

import { type Duration, milliseconds } from './duration.js';
import { Operation } from './operation.js';

export interface SleepOptions {
  /** A line for people, shown where the timer is listed. */
  summary?: string;
}

/**
 * Waits by a durable timer, for seconds or for years: `await sleep('3 days')`.
 *
 * Rejected only if it is cancelled, with the run or by a scope.
 */
export function sleep(duration: Duration, options?: SleepOptions): Promise<void> {
  return startTimer(duration, options).outcome;
}

export function startTimer(duration: Duration, options: SleepOptions = {}): Operation<void> {
  const ms = milliseconds(duration, 'the duration of a timer');
  return Operation.begin<void>({
    name: `timer of ${readable(ms)}`,
    start: (host) => host.startTimer(ms, options.summary),
    cancel: (host, operation) => host.cancelTimer(operation),
    read: () => undefined,
  });
}

function readable(ms: number): string {
  return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}

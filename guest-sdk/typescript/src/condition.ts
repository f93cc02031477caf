/** Waiting until something holds. */

import { currentContext, runIn } from './context.js';
import { type Duration } from './duration.js';
import { cancelledBecause } from './failures.js';
import type { Operation } from './operation.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime } from './runtime.js';
import { startTimer } from './timer.js';

/**
 * Waits until the predicate holds. It is tried again whenever nothing else is left to do.
 *
 * With a time limit: true if it holds, false if the time is over first. The timer is durable; it is not started if the
 * predicate holds already, and cancelled at once when it does.
 */
export function condition(predicate: () => boolean, timeout: Duration): Promise<boolean>;
export function condition(predicate: () => boolean): Promise<void>;
export function condition(predicate: () => boolean, timeout?: Duration): Promise<boolean | void> {
  const runtime = currentRuntime();
  const context = currentContext();
  const met = WorkflowPromise.pending<boolean | void>();
  const answer = timeout === undefined ? undefined : true;
  if (predicate()) {
    met.fulfil(answer);
    return met;
  }
  const scope = context?.scope ?? runtime.root;
  const refusal = scope.refusal();
  if (refusal !== undefined) {
    met.reject(refusal);
    return met;
  }
  const timer: Operation<void> | undefined = timeout === undefined ? undefined : startTimer(timeout);
  const wait = {
    task: context?.task ?? runtime.task,
    scope,
    stack: runtime.captureStack(),
    describe: () => 'condition',
  };
  const number = runtime.waits.enter(wait);
  const settle = (end: () => void): boolean => {
    const wasWaiting = runtime.conditions.delete(number);
    if (!wasWaiting) return false;
    runtime.waits.leave(number);
    endCancel();
    timer?.cancel('');
    end();
    return true;
  };
  const endCancel = scope.onCancel(number, (reason) => settle(() => met.reject(cancelledBecause(reason))));
  runtime.conditions.set(number, () => {
    let holds: boolean;
    try {
      holds = runIn(context, predicate);
    } catch (error) {
      return settle(() => met.reject(error));
    }
    return holds && settle(() => met.fulfil(answer));
  });
  // If the predicate holds when the time is over, it holds.
  timer?.outcome.then(
    () => runtime.conditions.get(number)?.() || settle(() => met.fulfil(false)),
    () => undefined,
  );
  return met;
}

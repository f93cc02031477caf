/** The end of a run: how it closes, once, and what is said of the work that it leaves. */

import { ContinueAsNew } from './continue-as-new.js';
import type { Payload } from './contract.js';
import { toContract } from './failure-contract.js';
import { cancellation, Failure, isCancellation } from './failures.js';
import { encodeResult, encodeValue } from './payload.js';
import type { Runtime } from './runtime.js';

/** Closes the run with its result. */
export function complete(runtime: Runtime, value: unknown): void {
  if (runtime.isClosed) return;
  let result: Payload;
  try {
    result = encodeResult(value, 'the workflow');
  } catch (error) {
    return runtime.reportBug(error);
  }
  warnOfWork(runtime);
  runtime.host.complete(result);
  runtime.close();
}

/** Closes the run with what was thrown, if that is a failure; else it is a bug. */
export function end(runtime: Runtime, error: unknown): void {
  if (runtime.isClosed) return;
  if (error instanceof ContinueAsNew) {
    // The next run would know nothing of the request to cancel.
    const refusal = runtime.cancelRequested ? error.scope.refusal() : undefined;
    return refusal === undefined ? continueAsNew(runtime, error) : end(runtime, refusal);
  }
  if (!isFailure(runtime, error)) return runtime.reportBug(error);
  warnOfWork(runtime);
  const cancelled = runtime.cancelRequested ? cancellation(error) : undefined;
  if (cancelled === undefined) runtime.host.fail(toContract(error));
  else runtime.host.cancelled(cancelled.details.map(encodeValue));
  runtime.close();
}

/** Closes the run, and starts the next one with the signals that nobody took. */
function continueAsNew(runtime: Runtime, { input, options, stack }: ContinueAsNew): void {
  warnOfHandlers(runtime);
  runtime.callSite(stack);
  runtime.host.continueAsNew(input, { ...options, carriedSignals: runtime.signals.takeAll() });
  runtime.close();
}

/** True if the failure is what the request to cancel comes to. */
export function isAnswerToCancel(runtime: Runtime, error: unknown): boolean {
  return runtime.cancelRequested && isCancellation(error);
}

/** True if it is for others to know, not a bug. */
export function isFailure(runtime: Runtime, error: unknown): error is Error {
  if (error instanceof Failure) return true;
  return error instanceof Error && runtime.failureTypes.some((type) => error instanceof type);
}

function warnOfWork(runtime: Runtime): void {
  warnOfHandlers(runtime);
  for (const [name, number] of runtime.signals.numbers()) {
    runtime.host.log('warn', `the run closes without having taken ${number} signals named \`${name}\``, []);
  }
}

function warnOfHandlers(runtime: Runtime): void {
  for (const [name, number] of runtime.atWork.toWarnOf()) {
    runtime.host.log('warn', `the run closes while ${number} handlers of ${name} are at work`, []);
  }
}

/**
 * Async functions. The build makes generators of them, as the engine's own would not use our promises, and lets this drive
 * them: one object for each call, which every `await` uses again.
 */

import { type Context, currentContext, enterContext } from './context.js';
import { REJECTED, WorkflowPromise } from './promise.js';
import type { Job } from './queue.js';

type Code = Generator<unknown, unknown>;

/** How many calls of async functions have begun and not come to their first `await`. */
let beginning = 0;

export function asyncCallsBeginning(): number {
  return beginning;
}

/** Calls an async function. The build knows it by this name. */
export function dalsegnoAsync(
  self: unknown,
  args: unknown[],
  code: (...args: unknown[]) => Code,
): WorkflowPromise<unknown> {
  beginning += 1;
  try {
    const call = new AsyncCall(code.apply(self, args));
    call.advance(undefined);
    return call.result;
  } catch (error) {
    return WorkflowPromise.reject(error);
  } finally {
    beginning -= 1;
  }
}

class AsyncCall implements Job {
  readonly result = WorkflowPromise.pending<unknown>();
  private awaited: WorkflowPromise<unknown> | undefined;
  private context: Context | undefined;

  constructor(private readonly code: Code) {}

  /** What is awaited has ended. */
  run(): void {
    const { awaited } = this;
    this.awaited = undefined;
    const outer = enterContext(this.context);
    this.advance(awaited);
    enterContext(outer);
  }

  /** Goes on until the next `await`. */
  advance(awaited: WorkflowPromise<unknown> | undefined): void {
    const { code } = this;
    try {
      const step =
        awaited?.state === REJECTED ? code.throw(awaited.value) : code.next(awaited?.value);
      if (step.done) return this.result.resolve(step.value);
      this.context = currentContext();
      this.awaited = WorkflowPromise.resolve(step.value);
      this.awaited.listen(this);
    } catch (error) {
      this.result.reject(error);
    }
  }
}

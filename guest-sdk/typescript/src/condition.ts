/** Waiting until something holds. */

import { currentContext, runIn, type Task } from './context.js';
import { type Duration } from './duration.js';
import { cancelledBecause } from './failures.js';
import type { Operation } from './operation.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime, type Runtime } from './runtime.js';
import type { CancellationScope } from './scope.js';
import { captureStack } from './stack.js';
import { startTimer } from './timer.js';
import type { Wait } from './waits.js';

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
  const scope = currentContext()?.scope ?? runtime.root;
  const condition = new Condition(runtime, scope, predicate, timeout === undefined ? undefined : true);
  if (predicate()) condition.met.fulfil(condition.answer);
  else {
    const refusal = scope.refusal();
    if (refusal === undefined) condition.wait(timeout);
    else condition.met.reject(refusal);
  }
  return condition.met;
}

/** A predicate that is waited for. */
export class Condition implements Wait {
  readonly met = WorkflowPromise.pending<boolean | void>();
  readonly task: Task;
  stack = '';
  private readonly context = currentContext();
  private timer: Operation<void> | undefined;

  constructor(
    private readonly runtime: Runtime,
    readonly scope: CancellationScope,
    private readonly predicate: () => boolean,
    readonly answer: true | undefined,
  ) {
    this.task = this.context?.task ?? runtime.task;
  }

  wait(timeout: Duration | undefined): void {
    const { runtime } = this;
    this.stack = captureStack(condition);
    if (timeout !== undefined) this.timer = startTimer(timeout);
    runtime.waits.enter(this);
    runtime.conditions.add(this);
    // If the predicate holds when the time is over, it holds.
    this.timer?.outcome.then(
      () => this.try() || (this.end() && this.met.fulfil(false)),
      () => undefined,
    );
  }

  /** Tries the predicate; true if that ends the wait. */
  try(): boolean {
    if (!this.runtime.conditions.has(this)) return false;
    let holds: boolean;
    try {
      holds = runIn(this.context, this.predicate);
    } catch (error) {
      this.end();
      this.met.reject(error);
      return true;
    }
    if (!holds) return false;
    this.end();
    this.met.fulfil(this.answer);
    return true;
  }

  describe(): string {
    return 'condition';
  }

  cancel(reason: string): void {
    if (this.end()) this.met.reject(cancelledBecause(reason));
  }

  /** False: it has ended already. */
  private end(): boolean {
    const { runtime } = this;
    if (!runtime.conditions.delete(this)) return false;
    runtime.waits.leave(this);
    this.timer?.cancel('');
    return true;
  }
}

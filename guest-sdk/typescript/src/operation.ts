/** One operation of the host: its outcome as a promise, and its cancellation. */

import { currentContext } from './context.js';
import type { Outcome, Payload } from './contract.js';
import { cancelledBecause } from './failures.js';
import { fromContract } from './failure-contract.js';
import { decodeValue } from './payload.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime, type Runtime } from './runtime.js';
import type { CancellationScope } from './scope.js';

/** What is said of an operation. */
export interface Kind {
  /** For messages: `activity charge`. */
  readonly name: string;
  /** Asks to cancel. True: nothing more is heard of it. Absent: a message that cannot be taken back. */
  readonly cancel?: (operation: number, reason: string) => boolean;
  /** The failure of one that was cancelled. */
  readonly cancelled?: (operation: number, reason: string) => Error;
  /** Reads the result. */
  readonly read?: (payload: Payload | undefined) => unknown;
}

/** What is asked of the host. */
export interface Ask extends Kind {
  /** Asks; returns the operation's number. */
  readonly start: () => number;
}

/** One that was started, or refused because its scope is cancelled. */
export class Operation<T> {
  readonly outcome = WorkflowPromise.pending<T>();
  private number = 0;
  private pending = false;
  private cancelRequested = false;
  private leave: () => void = () => undefined;

  private constructor(
    private readonly kind: Kind,
    private readonly runtime: Runtime,
    private readonly stack: string,
  ) {}

  /** Asks the host, unless the scope is cancelled. */
  static begin<T>(ask: Ask): Operation<T> {
    const runtime = currentRuntime();
    runtime.checkMayChange(ask.name);
    const scope = currentContext()?.scope ?? runtime.root;
    const operation = new Operation<T>(ask, runtime, runtime.captureStack());
    const refusal = scope.refusal();
    if (refusal !== undefined) operation.outcome.reject(refusal);
    else if (runtime.isClosed) operation.outcome.ignoreRejection();
    else {
      runtime.callSite(operation.stack);
      operation.wait(ask.start(), scope);
    }
    return operation;
  }

  /** Takes charge of an operation that the host has given. */
  static of<T>(kind: Kind, number: number): Operation<T> {
    const runtime = currentRuntime();
    const operation = new Operation<T>(kind, runtime, runtime.captureStack());
    operation.wait(number, currentContext()?.scope ?? runtime.root);
    return operation;
  }

  get id(): number {
    return this.number;
  }

  /** Asks the host to cancel, once. The outcome is there at once, or comes later if the end is waited for. */
  cancel(reason: string): void {
    const { kind, runtime } = this;
    if (!this.pending || this.cancelRequested || runtime.isClosed) return;
    this.cancelRequested = true;
    if (kind.cancel !== undefined) {
      runtime.callSite(this.stack);
      if (!kind.cancel(this.number, reason)) return;
    }
    this.abort(kind.cancelled?.(this.number, reason) ?? cancelledBecause(reason));
  }

  /** Ends it with a failure; its outcome goes nowhere. */
  abort(failure: Error): void {
    if (this.end()) this.outcome.reject(failure);
  }

  /** The outcome arrives. */
  private resolve(outcome: Outcome): void {
    if (!this.end()) return;
    if (outcome.tag === 'err') return this.outcome.reject(fromContract(outcome.val));
    try {
      this.outcome.fulfil((this.kind.read ?? decodeValue)(outcome.val));
    } catch (error) {
      const why = (error as Error).message;
      this.outcome.reject(new TypeError(`the result of ${this.kind.name} cannot be read: ${why}`));
    }
  }

  private wait(number: number, scope: CancellationScope): void {
    const { runtime, kind } = this;
    this.number = number;
    this.pending = true;
    runtime.expect(number, (outcome) => this.resolve(outcome));
    const task = currentContext()?.task ?? runtime.task;
    const describe = (): string => `${kind.name} (operation ${number})`;
    const place = runtime.waits.enter({ task, scope, stack: this.stack, describe });
    const endCancel = scope.onCancel(place, (reason) => this.cancel(reason));
    this.leave = () => {
      runtime.waits.leave(place);
      endCancel();
      runtime.forget(number);
    };
  }

  /** False: it has ended already. */
  private end(): boolean {
    if (!this.pending) return false;
    this.pending = false;
    this.leave();
    return true;
  }
}

/** One operation of the host: its outcome as a promise, and its cancellation. */

import { currentContext, type Task } from './context.js';
import type { Outcome, Payload } from './contract.js';
import { cancelledBecause, type Failure } from './failures.js';
import { fromContract } from './failure-contract.js';
import type { Host } from './host.js';
import { decodeValue } from './payload.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime, type Expecting, type Runtime } from './runtime.js';
import type { CancellationScope } from './scope.js';
import { captureStack } from './stack.js';
import type { Wait } from './waits.js';

/** What is said of an operation. */
export interface Kind {
  /** For messages: `activity charge`. */
  readonly name: string;
  /** Asks to cancel. True: nothing more is heard of it. Absent: a message that cannot be taken back. */
  cancel?(host: Host, operation: number, reason: string): boolean;
  /** The failure of one that was cancelled. */
  cancelled?(operation: number, reason: string): Failure;
  /** Reads the result. */
  read?(payload: Payload | null | undefined): unknown;
}

/** What is asked of the host. */
export interface Ask extends Kind {
  /** Asks; returns the operation's number. */
  start(host: Host): number;
}

/** One that was started, or refused because its scope is cancelled. */
export class Operation<T> implements Expecting, Wait {
  readonly outcome = WorkflowPromise.pending<T>();
  readonly task: Task;
  readonly scope: CancellationScope;
  readonly stack: string;
  private number = 0;
  private pending = false;
  private cancelRequested = false;

  private constructor(
    private readonly kind: Kind,
    private readonly runtime: Runtime,
  ) {
    const context = currentContext() ?? runtime.context;
    this.task = context.task;
    this.scope = context.scope;
    this.stack = captureStack(Operation.begin);
  }

  /** Asks the host, unless the scope is cancelled. */
  static begin<T>(ask: Ask): Operation<T> {
    const runtime = currentRuntime();
    runtime.checkMayChange(ask.name);
    const operation = new Operation<T>(ask, runtime);
    const refusal = operation.scope.refusal();
    if (refusal !== undefined) operation.outcome.reject(refusal);
    else if (runtime.isClosed) operation.outcome.ignoreRejection();
    else {
      runtime.callSite(operation.stack);
      operation.wait(ask.start(runtime.host));
    }
    return operation;
  }

  /** Takes charge of an operation that the host has given. */
  static of<T>(kind: Kind, number: number): Operation<T> {
    const operation = new Operation<T>(kind, currentRuntime());
    operation.wait(number);
    return operation;
  }

  get id(): number {
    return this.number;
  }

  describe(): string {
    return `${this.kind.name} (operation ${this.number})`;
  }

  /** Asks the host to cancel, once. The outcome is there at once, or comes later if the end is waited for. */
  cancel(reason: string): void {
    const { kind, runtime } = this;
    if (!this.pending || this.cancelRequested || runtime.isClosed) return;
    this.cancelRequested = true;
    if (kind.cancel !== undefined) {
      runtime.callSite(this.stack);
      if (!kind.cancel(runtime.host, this.number, reason)) return;
    }
    this.abort(kind.cancelled?.(this.number, reason) ?? cancelledBecause(reason));
  }

  /** Ends it with a failure; its outcome goes nowhere. */
  abort(failure: Failure): void {
    if (this.end()) this.fail(failure);
  }

  /** The outcome arrives. */
  resolve(outcome: Outcome): void {
    if (!this.end()) return;
    if (outcome.tag === 'err') return this.fail(fromContract(outcome.val));
    const { kind } = this;
    try {
      this.outcome.fulfil(kind.read === undefined ? decodeValue(outcome.val) : kind.read(outcome.val));
    } catch (error) {
      const why = (error as Error).message;
      this.outcome.reject(new TypeError(`the result of ${kind.name} cannot be read: ${why}`));
    }
  }

  /** Its failure is that of the call. */
  private fail(failure: Failure): void {
    failure.raisedAt(this.stack);
    this.outcome.reject(failure);
  }

  private wait(number: number): void {
    this.number = number;
    this.pending = true;
    this.runtime.expect(number, this);
    this.runtime.waits.enter(this);
  }

  /** False: it has ended already. */
  private end(): boolean {
    if (!this.pending) return false;
    this.pending = false;
    this.runtime.waits.leave(this);
    this.runtime.forget(this.number);
    return true;
  }
}

/**
 * Cancellation scopes: which waiting code a cancellation reaches.
 *
 * A run has a root scope, cancelled by the request to cancel. Scopes nest: cancelling one cancels those within, unless
 * they are not cancellable. What begins in a cancelled scope is refused.
 */

import { currentContext, runIn } from './context.js';
import type { Duration } from './duration.js';
import { cancelledBecause, type CancelledFailure } from './failures.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime } from './runtime.js';
import { captureStack, place } from './stack.js';
import { startTimer } from './timer.js';

export interface CancellationScopeOptions {
  /** False: a request to cancel from outside does not reach what is within. True by default. */
  cancellable?: boolean;
  /** The scope is cancelled when this time is over. */
  timeout?: Duration;
  /** The present scope by default. */
  parent?: CancellationScope;
}

export class CancellationScope {
  readonly cancellable: boolean;
  /** Rejected with the failure when the scope is asked to cancel, also if it is not cancellable. */
  readonly cancelRequested: Promise<never>;
  private readonly stack: string;
  private readonly timeout: Duration | undefined;
  private readonly parent: CancellationScope | undefined;
  private readonly inner = new Set<CancellationScope>();
  private readonly requested = WorkflowPromise.pending<never>().ignoreRejection();
  /** Why it was asked to cancel, if it was; may be empty. */
  private reason: string | undefined;

  constructor(options: CancellationScopeOptions = {}) {
    this.cancellable = options.cancellable ?? true;
    this.timeout = options.timeout;
    this.cancelRequested = this.requested;
    this.stack = captureStack(CancellationScope);
    this.parent = this.outer(options);
    this.followParent();
  }

  /** True if what is within is cancelled. */
  get consideredCancelled(): boolean {
    return this.cancellable && this.reason !== undefined;
  }

  /** The scope of the present code. */
  static current(): CancellationScope {
    return currentContext()?.scope ?? currentRuntime().root;
  }

  /** Runs code that can be cancelled by itself. */
  static cancellable<T>(code: () => Promise<T>): Promise<T> {
    return new CancellationScope().run(code);
  }

  /** Runs clean-up that a request to cancel does not reach. */
  static nonCancellable<T>(code: () => Promise<T>): Promise<T> {
    return new CancellationScope({ cancellable: false }).run(code);
  }

  /** Runs code that is cancelled when the time is over; the timer is cancelled when the code ends first. */
  static withTimeout<T>(timeout: Duration, code: () => Promise<T>): Promise<T> {
    return new CancellationScope({ timeout }).run(code);
  }

  /** Runs code within the scope. What it starts there belongs to the scope. */
  run<T>(code: () => Promise<T>): Promise<T> {
    const context = currentContext();
    const timer = this.timeout === undefined ? undefined : startTimer(this.timeout);
    timer?.outcome.then(
      () => this.cancel(),
      () => undefined,
    );
    this.followParent();
    this.parent?.inner.add(this);
    const leave = (): void => {
      timer?.cancel('');
      this.parent?.inner.delete(this);
    };
    const result = WorkflowPromise.pending<T>();
    try {
      const running = runIn(context && { ...context, scope: this }, code);
      WorkflowPromise.resolve(running).then(
        (value) => {
          leave();
          result.fulfil(value);
        },
        (error: unknown) => {
          leave();
          result.reject(error);
        },
      );
    } catch (error) {
      leave();
      result.reject(error);
    }
    return result;
  }

  /** Cancels it and all within; the first reason counts, and may be empty. */
  cancel(reason = ''): void {
    const reached = new Set<CancellationScope>();
    this.request(reason, reached);
    currentRuntime().waits.cancel(reached, reason);
  }

  /** The failure of what is refused; `undefined` if the scope is not cancelled. */
  refusal(): CancelledFailure | undefined {
    return this.consideredCancelled ? cancelledBecause(this.reason ?? '') : undefined;
  }

  /** The scopes from this one outwards, for people; nothing for the root. */
  describe(): string {
    if (this.parent === undefined) return '';
    const kind = this.cancellable ? 'in the scope' : 'shielded';
    const began = place(this.stack);
    const at = began === '' ? '' : ` of ${began}`;
    const outer = this.cancellable ? this.parent.describe() : '';
    return `, ${kind}${at}${this.consideredCancelled ? ' (cancelled)' : ''}${outer}`;
  }

  protected outer(options: CancellationScopeOptions): CancellationScope | undefined {
    return options.parent ?? currentContext()?.scope ?? currentRuntime().root;
  }

  /** What begins in a cancelled scope is cancelled. */
  private followParent(): void {
    const { parent } = this;
    if (parent?.consideredCancelled && this.reason === undefined) this.markRequested(parent.reason ?? '');
  }

  private request(reason: string, reached: Set<CancellationScope>): void {
    if (this.reason === undefined) this.markRequested(reason);
    if (!this.cancellable) return;
    reached.add(this);
    for (const scope of this.inner) scope.request(reason, reached);
  }

  private markRequested(reason: string): void {
    this.reason = reason;
    this.requested.reject(cancelledBecause(reason));
  }
}

/** The scope of a run, which nothing is around. */
export class RootScope extends CancellationScope {
  protected override outer(): undefined {
    return undefined;
  }
}

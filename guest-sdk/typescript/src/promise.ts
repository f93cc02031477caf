/**
 * The promise of workflow code. Its jobs run in our own queue, which an activation drains; the engine's own would run
 * too late. It carries the context (scope, task, update) from where `then` is called to where the reaction runs.
 */

import { type Context, currentContext, enterContext } from './context.js';
import { enqueue, type Job } from './queue.js';

const PENDING = 0;
const FULFILLED = 1;
export const REJECTED = 2;

type Resolve<T> = (value: T | PromiseLike<T>) => void;
type Reject = (reason?: unknown) => void;
type Callback = ((value: unknown) => unknown) | undefined;

const nothing = (): void => undefined;

/** Nothing settles these while an activation runs. */
const EnginePromise = globalThis.Promise;

/** Rejected, and nobody has asked for it yet. */
const unhandled = new Set<WorkflowPromise<unknown>>();

/** What was rejected since the last call without anybody listening. */
export function takeUnhandled(): unknown[] {
  if (unhandled.size === 0) return [];
  const reasons = [...unhandled].map((promise) => promise.value);
  unhandled.clear();
  return reasons;
}

class Reaction implements Job {
  private readonly context: Context | undefined = currentContext();

  constructor(
    private readonly promise: WorkflowPromise<unknown>,
    private readonly derived: WorkflowPromise<unknown>,
    private readonly onFulfilled: Callback,
    private readonly onRejected: Callback,
  ) {}

  run(): void {
    const { promise, derived } = this;
    const callback = promise.state === FULFILLED ? this.onFulfilled : this.onRejected;
    if (callback === undefined) {
      if (promise.state === FULFILLED) derived.fulfil(promise.value);
      else derived.reject(promise.value);
      return;
    }
    const outer = enterContext(this.context);
    try {
      derived.resolve(callback(promise.value));
    } catch (error) {
      derived.reject(error);
    } finally {
      enterContext(outer);
    }
  }
}

/** Follows a thenable, one turn later, as the language demands. */
class Adoption implements Job {
  constructor(
    private readonly promise: WorkflowPromise<unknown>,
    private readonly thenable: unknown,
    private readonly then: (resolve: Resolve<unknown>, reject: Reject) => unknown,
  ) {}

  run(): void {
    const [resolve, reject] = this.promise.settlers();
    try {
      this.then.call(this.thenable, resolve, reject);
    } catch (error) {
      reject(error);
    }
  }
}

export class WorkflowPromise<T> implements Promise<T> {
  state = PENDING;
  value: unknown = undefined;
  /** To be run when it is settled; most promises have one. */
  private reactions: Job[] | undefined;
  private listenedTo = false;

  constructor(executor: (resolve: Resolve<T>, reject: Reject) => void) {
    if (typeof executor !== 'function') throw new TypeError('a promise needs an executor function');
    if (executor === nothing) return;
    const [resolve, reject] = this.settlers();
    try {
      executor(resolve as Resolve<T>, reject);
    } catch (error) {
      reject(error);
    }
  }

  /** A pending one, to be settled by its methods. */
  static pending<T>(): WorkflowPromise<T> {
    return new WorkflowPromise<T>(nothing);
  }

  /** Functions of which the first call counts. */
  settlers(): [Resolve<unknown>, Reject] {
    let settled = false;
    const resolve = (value: unknown): void => {
      if (settled) return;
      settled = true;
      this.resolve(value);
    };
    const reject = (reason?: unknown): void => {
      if (settled) return;
      settled = true;
      this.reject(reason);
    };
    return [resolve, reject];
  }

  resolve(value: unknown): void {
    if (value === this) return this.reject(new TypeError('a promise cannot be resolved with itself'));
    if ((typeof value !== 'object' || value === null) && typeof value !== 'function')
      return this.fulfil(value);
    let then: unknown;
    try {
      then = (value as { then?: unknown }).then;
    } catch (error) {
      return this.reject(error);
    }
    if (typeof then !== 'function') return this.fulfil(value);
    if (value instanceof EnginePromise) return this.reject(foreign());
    enqueue(new Adoption(this, value, then as (resolve: Resolve<unknown>, reject: Reject) => unknown));
  }

  fulfil(value: unknown): void {
    this.settle(FULFILLED, value);
  }

  reject(reason: unknown): void {
    if (this.state === PENDING && !this.listenedTo) unhandled.add(this);
    this.settle(REJECTED, reason);
  }

  private settle(state: number, value: unknown): void {
    if (this.state !== PENDING) return;
    this.state = state;
    this.value = value;
    const { reactions } = this;
    if (reactions === undefined) return;
    this.reactions = undefined;
    for (const reaction of reactions) enqueue(reaction);
  }

  /** Runs the job when it is settled. */
  listen(job: Job): void {
    this.ignoreRejection();
    if (this.state !== PENDING) enqueue(job);
    else if (this.reactions === undefined) this.reactions = [job];
    else this.reactions.push(job);
  }

  /** Says that nobody need listen to its rejection. */
  ignoreRejection(): this {
    this.listenedTo = true;
    if (this.state === REJECTED) unhandled.delete(this);
    return this;
  }

  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): WorkflowPromise<R1 | R2> {
    const derived = new WorkflowPromise<R1 | R2>(nothing);
    this.listen(new Reaction(this, derived, callback(onFulfilled), callback(onRejected)));
    return derived;
  }

  catch<R = never>(onRejected?: ((reason: unknown) => R | PromiseLike<R>) | null): WorkflowPromise<T | R> {
    return this.then(undefined, onRejected);
  }

  finally(onFinally?: (() => void) | null): WorkflowPromise<T> {
    if (typeof onFinally !== 'function') return this.then();
    return this.then(
      (value) => WorkflowPromise.resolve(onFinally()).then(() => value),
      (reason: unknown) =>
        WorkflowPromise.resolve(onFinally()).then(() => {
          throw reason;
        }),
    );
  }

  get [Symbol.toStringTag](): string {
    return 'Promise';
  }

  static resolve(): WorkflowPromise<void>;
  static resolve<T>(value: T): WorkflowPromise<Awaited<T>>;
  static resolve(value?: unknown): WorkflowPromise<unknown> {
    if (value instanceof WorkflowPromise) return value;
    const promise = new this<unknown>(nothing);
    promise.resolve(value);
    return promise;
  }

  static reject<T = never>(reason?: unknown): WorkflowPromise<T> {
    const promise = new this<T>(nothing);
    promise.reject(reason);
    return promise;
  }

  static all<T>(values: Iterable<T | PromiseLike<T>>): WorkflowPromise<Awaited<T>[]> {
    return gather(this, values, (results, index, promise, end) => {
      promise.then((value) => end(() => (results[index] = value)), results.fail);
    }) as WorkflowPromise<Awaited<T>[]>;
  }

  static allSettled<T>(
    values: Iterable<T | PromiseLike<T>>,
  ): WorkflowPromise<PromiseSettledResult<Awaited<T>>[]> {
    return gather(this, values, (results, index, promise, end) => {
      promise.then(
        (value) => end(() => (results[index] = { status: 'fulfilled', value })),
        (reason: unknown) => end(() => (results[index] = { status: 'rejected', reason })),
      );
    }) as WorkflowPromise<PromiseSettledResult<Awaited<T>>[]>;
  }

  static race<T>(values: Iterable<T | PromiseLike<T>>): WorkflowPromise<Awaited<T>> {
    return new this((resolve, reject) => {
      for (const value of values) this.resolve(value).then(resolve as Resolve<unknown>, reject);
    });
  }

  static any<T>(values: Iterable<T | PromiseLike<T>>): WorkflowPromise<Awaited<T>> {
    return new this((resolve, reject) => {
      const errors: unknown[] = [];
      const refuse = (): void => reject(new AggregateError(errors, 'all promises were rejected'));
      let [index, left] = [0, 1];
      for (const value of values) {
        const place = index++;
        left += 1;
        this.resolve(value).then(resolve as Resolve<unknown>, (reason: unknown) => {
          errors[place] = reason;
          left -= 1;
          if (left === 0) refuse();
        });
      }
      left -= 1;
      if (left === 0) refuse();
    });
  }

  static withResolvers<T>(): { promise: WorkflowPromise<T>; resolve: Resolve<T>; reject: Reject } {
    const promise = new this<T>(nothing);
    const [resolve, reject] = promise.settlers();
    return { promise, resolve: resolve as Resolve<T>, reject };
  }

  static try<T>(
    call: (...args: never[]) => T | PromiseLike<T>,
    ...args: never[]
  ): WorkflowPromise<Awaited<T>> {
    return new this((resolve) => resolve(call(...args) as Awaited<T>));
  }
}

type Results = unknown[] & { fail: Reject };

/** Collects as many results as there are values. */
function gather(
  Class: typeof WorkflowPromise,
  values: Iterable<unknown>,
  listen: (
    results: Results,
    index: number,
    promise: WorkflowPromise<unknown>,
    end: (store: () => void) => void,
  ) => void,
): WorkflowPromise<unknown[]> {
  return new Class<unknown[]>((resolve, reject) => {
    const results = Object.assign([] as unknown[], { fail: reject }) as Results;
    let [index, left] = [0, 1];
    const end = (store: () => void): void => {
      store();
      left -= 1;
      if (left === 0) resolve([...results]);
    };
    for (const value of values) {
      left += 1;
      listen(results, index++, Class.resolve(value), end);
    }
    end(nothing);
  });
}

function foreign(): TypeError {
  return new TypeError(
    'a promise that the engine itself made cannot be awaited in a workflow: make it by code of the module, not by eval or new Function',
  );
}

function callback(value: unknown): Callback {
  return typeof value === 'function' ? (value as Callback) : undefined;
}

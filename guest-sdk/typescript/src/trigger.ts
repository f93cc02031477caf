import { WorkflowPromise } from './promise.js';

/** A promise that is settled from outside: `const paid = new Trigger<Receipt>()`, `paid.resolve(receipt)`, `await paid`. */
export class Trigger<T> implements PromiseLike<T> {
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason?: unknown) => void;
  private readonly promise: WorkflowPromise<T>;

  constructor() {
    const { promise, resolve, reject } = WorkflowPromise.withResolvers<T>();
    this.promise = promise.ignoreRejection();
    this.resolve = resolve;
    this.reject = reject;
  }

  then<R1 = T, R2 = never>(
    onFulfilled?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onRejected?: ((reason: unknown) => R2 | PromiseLike<R2>) | null,
  ): PromiseLike<R1 | R2> {
    return this.promise.then(onFulfilled, onRejected);
  }
}

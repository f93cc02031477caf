/** Signals, updates and queries on their way to their handlers. */

import { end, isAnswerToCancel, isFailure } from './closing.js';
import { type Context, runIn, type Task } from './context.js';
import { ContinueAsNew } from './continue-as-new.js';
import type { Payload, Request } from './contract.js';
import { toContract } from './failure-contract.js';
import { ApplicationFailure } from './failures.js';
import type { SignalHandler } from './handlers.js';
import { decodeAll, encodeResult } from './payload.js';
import { WorkflowPromise } from './promise.js';
import { currentRuntime, type Runtime } from './runtime.js';

export const BAD_ARGUMENTS = 'BadArguments';

/** Handles a signal, or keeps it until it has a handler. */
export function signalled(runtime: Runtime, signal: Request): void {
  const found = runtime.handlers.signal(signal.name);
  if (found === undefined) return runtime.signals.push(signal);
  const [handler, before] = found;
  let args: unknown[];
  try {
    args = [...before, ...decodeAll(signal.input)];
  } catch (error) {
    // Nothing is lost: the run goes on with this signal when the code is repaired.
    return runtime.reportBug(badArguments(`signal \`${signal.name}\``, error));
  }
  const context = handlerContext(runtime, `signal ${signal.name}`, undefined);
  handle(runtime, context, handler, args, {
    done: () => undefined,
    failed: (error) => {
      // What a request to cancel comes to is for the main routine to say.
      if (!isAnswerToCancel(runtime, error)) end(runtime, error);
    },
  });
}

/** Begins an update that was accepted. What comes of it is the caller's to know, not the run's. */
export function updateAccepted(runtime: Runtime, update: Request): void {
  const found = runtime.handlers.update(update.name);
  if (found === undefined) return runtime.updates.push(update);
  const [handler, before] = found;
  const failed = (error: unknown): void => {
    if (runtime.isClosed) return;
    if (error instanceof ContinueAsNew) return end(runtime, error);
    if (isFailure(runtime, error)) runtime.host.failUpdate(update.id, toContract(error));
    else runtime.reportBug(error);
  };
  let args: unknown[];
  try {
    args = [...before, ...decodeAll(update.input)];
  } catch (error) {
    return failed(badArguments(`update \`${update.name}\``, error));
  }
  const context = handlerContext(runtime, `update ${update.name}`, { id: update.id, name: update.name });
  handle(runtime, context, handler, args, {
    done: (value) => {
      if (runtime.isClosed) return;
      const result = attempt(() => encodeResult(value, `update \`${update.name}\``));
      if ('error' in result) runtime.reportBug(result.error);
      else runtime.host.completeUpdate(update.id, result.value);
    },
    failed,
  });
}

/** Decides whether an update is accepted, by throwing if it is not. */
export function validateUpdate(runtime: Runtime, update: Request): void {
  const found = runtime.handlers.update(update.name);
  if (found === undefined) throw unknown('Update', update.name, runtime.handlers.updates);
  const [{ validate }, before] = found;
  const args = decodeArguments(`update \`${update.name}\``, update.input);
  const context = handlerContext(runtime, `update ${update.name}`, { id: update.id, name: update.name });
  if (validate === undefined) return;
  const decision = runtime.readOnly('a validator', () => runIn(context, () => validate(...before, ...args)));
  if (isThenable(decision))
    throw new TypeError(`the validator of the update ${update.name} must not be asynchronous`);
}

/** The answer of a query's handler. */
export function query(runtime: Runtime, { name, input }: Request): Payload {
  const found = runtime.handlers.query(name);
  if (found === undefined) throw unknown('Query', name, runtime.handlers.queries);
  const [handler, before] = found;
  const args = decodeArguments(`query \`${name}\``, input);
  const context = handlerContext(runtime, `query ${name}`, undefined);
  const answer = runtime.readOnly('a query', () => runIn(context, () => handler.handle(...before, ...args)));
  if (isThenable(answer)) throw new TypeError(`the handler of the query ${name} must not be asynchronous`);
  return encodeResult(answer, `query \`${name}\``);
}

/** Handles the signals that now have a handler. */
export function takeBufferedSignals(): void {
  const runtime = currentRuntime();
  let signal: Request | undefined;
  while ((signal = runtime.signals.take(({ name }) => runtime.handlers.signal(name) !== undefined))) {
    signalled(runtime, signal);
  }
}

/** Begins the updates that now have a handler. */
export function takeBufferedUpdates(): void {
  const runtime = currentRuntime();
  let update: Request | undefined;
  while ((update = runtime.updates.take(({ name }) => runtime.handlers.update(name) !== undefined))) {
    updateAccepted(runtime, update);
  }
}

/** Answers updates that no handler was set for in time. */
export function refuseBufferedUpdates(runtime: Runtime): void {
  for (const { id, name } of runtime.updates.takeAll()) {
    if (!runtime.isClosed)
      runtime.host.failUpdate(id, toContract(unknown('Update', name, runtime.handlers.updates)));
  }
}

interface Ends {
  done(value: unknown): void;
  failed(error: unknown): void;
}

/** Calls a handler. One that awaits something goes on as a task. */
function handle(
  runtime: Runtime,
  context: Context,
  handler: SignalHandler,
  args: unknown[],
  ends: Ends,
): void {
  if (runtime.isClosed) return;
  const result = attempt(() => runIn(context, () => handler.handle(...args)));
  if ('error' in result) return ends.failed(result.error);
  if (!isThenable(result.value)) return ends.done(result.value);
  const { task } = context;
  runtime.beginTask(task);
  runtime.atWork.begin(task, task.name, handler.unfinishedPolicy);
  const after = (): void => {
    runtime.endTask(task);
    runtime.atWork.end(task);
  };
  WorkflowPromise.resolve(result.value).then(
    (value) => {
      after();
      ends.done(value);
    },
    (error: unknown) => {
      after();
      ends.failed(error);
    },
  );
}

function handlerContext(runtime: Runtime, name: string, update: Context['update']): Context {
  const task: Task = { name };
  return { scope: runtime.root, task, update };
}

function attempt<T>(code: () => T): { readonly value: T } | { readonly error: unknown } {
  try {
    return { value: code() };
  } catch (error) {
    return { error };
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function decodeArguments(what: string, input: Payload[]): unknown[] {
  const args = attempt(() => decodeAll(input));
  if ('error' in args) throw badArguments(what, args.error);
  return args.value;
}

/** Arguments that cannot be read. */
export function badArguments(what: string, error: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(`${what}: ${(error as Error).message}`, BAD_ARGUMENTS);
}

/** The failure of calling a handler that does not exist: `UnknownQuery`, for example. */
export function unknown(
  kind: 'Query' | 'Update',
  name: string,
  known: Map<string, unknown>,
): ApplicationFailure {
  const message = `the workflow has no ${kind.toLowerCase()} named \`${name}\``;
  const others = known.size === 0 ? 'it has none' : `it has: ${[...known.keys()].join(', ')}`;
  return ApplicationFailure.nonRetryable(`${message}; ${others}`, `Unknown${kind}`);
}

/** Signals, queries and updates: their names with their types, and what handles them. */

import { type UpdateInfo, currentContext } from './context.js';
import { takeBufferedSignals, takeBufferedUpdates } from './handling.js';
import { currentRuntime } from './runtime.js';

/** What becomes of a handler that has not ended when the run closes: it is given up, with a warning or without. */
export type HandlerUnfinishedPolicy = 'WARN_AND_ABANDON' | 'ABANDON';
export const HandlerUnfinishedPolicy = { WARN_AND_ABANDON: 'WARN_AND_ABANDON', ABANDON: 'ABANDON' } as const;

declare const types: unique symbol;

export interface SignalDefinition<Args extends unknown[] = unknown[], Name extends string = string> {
  readonly type: 'signal';
  readonly name: Name;
  readonly description?: string | undefined;
  readonly [types]?: (...args: Args) => void;
}

export interface QueryDefinition<
  Ret = unknown,
  Args extends unknown[] = unknown[],
  Name extends string = string,
> {
  readonly type: 'query';
  readonly name: Name;
  readonly description?: string | undefined;
  readonly [types]?: (...args: Args) => Ret;
}

export interface UpdateDefinition<
  Ret = unknown,
  Args extends unknown[] = unknown[],
  Name extends string = string,
> {
  readonly type: 'update';
  readonly name: Name;
  readonly description?: string | undefined;
  readonly [types]?: (...args: Args) => Ret;
}

/** What a handler does, for people. */
export interface DefinitionOptions {
  description?: string;
}

export function defineSignal<Args extends unknown[] = [], Name extends string = string>(
  name: Name,
  { description }: DefinitionOptions = {},
): SignalDefinition<Args, Name> {
  return { type: 'signal', name, description };
}

export function defineQuery<Ret, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
  { description }: DefinitionOptions = {},
): QueryDefinition<Ret, Args, Name> {
  return { type: 'query', name, description };
}

export function defineUpdate<Ret, Args extends unknown[] = [], Name extends string = string>(
  name: Name,
  { description }: DefinitionOptions = {},
): UpdateDefinition<Ret, Args, Name> {
  return { type: 'update', name, description };
}

export interface SignalHandlerOptions extends DefinitionOptions {
  unfinishedPolicy?: HandlerUnfinishedPolicy;
}

export type QueryHandlerOptions = DefinitionOptions;

export interface UpdateHandlerOptions<Args extends unknown[]> extends SignalHandlerOptions {
  /** Throws to refuse the update; it changes nothing and awaits nothing. */
  validator?: (...args: Args) => void;
}

/**
 * Says what handles a signal, a query or an update; `undefined` takes the handler away.
 *
 * Signals that came before are handled at once, in their order. An update that comes before its handler is set is
 * refused, so set handlers before the first `await`.
 */
export function setHandler<Args extends unknown[]>(
  definition: SignalDefinition<Args>,
  handler: ((...args: Args) => void | Promise<void>) | undefined,
  options?: SignalHandlerOptions,
): void;
export function setHandler<Ret, Args extends unknown[]>(
  definition: QueryDefinition<Ret, Args>,
  handler: ((...args: Args) => Ret) | undefined,
  options?: QueryHandlerOptions,
): void;
export function setHandler<Ret, Args extends unknown[]>(
  definition: UpdateDefinition<Ret, Args>,
  handler: ((...args: Args) => Ret | Promise<Ret>) | undefined,
  options?: UpdateHandlerOptions<Args>,
): void;
export function setHandler(
  definition: SignalDefinition<never> | QueryDefinition<unknown, never> | UpdateDefinition<unknown, never>,
  handle: ((...args: never[]) => unknown) | undefined,
  options: UpdateHandlerOptions<never> = {},
): void {
  const { handlers } = currentRuntime();
  const { name } = definition;
  if (handle === undefined) return void handlers[`${kindOf(definition)}`].delete(name);
  const description = options.description ?? definition.description;
  const { unfinishedPolicy = 'WARN_AND_ABANDON', validator: validate } = options;
  switch (definition.type) {
    case 'signal':
      handlers.signals.set(name, { handle, description, unfinishedPolicy });
      return takeBufferedSignals();
    case 'query':
      return void handlers.queries.set(name, { handle, description });
    case 'update':
      handlers.updates.set(name, { handle, description, unfinishedPolicy, validate });
      return takeBufferedUpdates();
  }
}

function kindOf(definition: { type: 'signal' | 'query' | 'update' }): 'signals' | 'queries' | 'updates' {
  return ({ signal: 'signals', query: 'queries', update: 'updates' } as const)[definition.type];
}

export type DefaultSignalHandler = (signalName: string, ...args: unknown[]) => void | Promise<void>;
export type DefaultQueryHandler = (queryName: string, ...args: unknown[]) => unknown;
export type DefaultUpdateHandler = (updateName: string, ...args: unknown[]) => unknown;

/** Says what handles signals of names that have no handler. */
export function setDefaultSignalHandler(
  handle: DefaultSignalHandler | undefined,
  options: SignalHandlerOptions = {},
): void {
  const { description, unfinishedPolicy = 'WARN_AND_ABANDON' } = options;
  currentRuntime().handlers.defaultSignal = handle && { handle, description, unfinishedPolicy };
  takeBufferedSignals();
}

/** Says what answers queries of names that have no handler. */
export function setDefaultQueryHandler(
  handle: DefaultQueryHandler | undefined,
  options: QueryHandlerOptions = {},
): void {
  currentRuntime().handlers.defaultQuery = handle && { handle, description: options.description };
}

/** Says what handles updates of names that have no handler. */
export function setDefaultUpdateHandler(
  handle: DefaultUpdateHandler | undefined,
  options: UpdateHandlerOptions<[updateName: string, ...args: unknown[]]> = {},
): void {
  const { description, unfinishedPolicy = 'WARN_AND_ABANDON', validator: validate } = options;
  currentRuntime().handlers.defaultUpdate = handle && { handle, description, unfinishedPolicy, validate };
  takeBufferedUpdates();
}

/** True if no asynchronous handler of a signal or an update is at work: to be waited for before the run ends. */
export function allHandlersFinished(): boolean {
  return currentRuntime().atWork.allFinished;
}

/** The update that the present code handles or validates; `undefined` elsewhere. */
export function currentUpdateInfo(): UpdateInfo | undefined {
  return currentContext()?.update;
}

/** The handlers that the code has set, and those that are at work. */

import type { HandlerUnfinishedPolicy } from './define-handlers.js';

type Any = any;

export interface SignalHandler {
  readonly handle: (...args: Any[]) => unknown;
  readonly description: string | undefined;
  readonly unfinishedPolicy: HandlerUnfinishedPolicy;
}

export interface QueryHandler {
  readonly handle: (...args: Any[]) => unknown;
  readonly description: string | undefined;
}

export interface UpdateHandler extends SignalHandler {
  readonly validate: ((...args: Any[]) => unknown) | undefined;
}

export class Handlers {
  readonly signals = new Map<string, SignalHandler>();
  readonly queries = new Map<string, QueryHandler>();
  readonly updates = new Map<string, UpdateHandler>();
  /** Those of all names that have none; they take the name first. */
  defaultSignal: SignalHandler | undefined;
  defaultQuery: QueryHandler | undefined;
  defaultUpdate: UpdateHandler | undefined;

  /** The handler of a name, and what it is called with before the arguments. */
  signal(name: string): [SignalHandler, string[]] | undefined {
    return found(this.signals.get(name), this.defaultSignal, name);
  }

  query(name: string): [QueryHandler, string[]] | undefined {
    return found(this.queries.get(name), this.defaultQuery, name);
  }

  update(name: string): [UpdateHandler, string[]] | undefined {
    return found(this.updates.get(name), this.defaultUpdate, name);
  }
}

function found<H>(own: H | undefined, byDefault: H | undefined, name: string): [H, string[]] | undefined {
  if (own !== undefined) return [own, []];
  return byDefault && [byDefault, [name]];
}

/** Asynchronous handlers that have not ended. */
export class HandlersAtWork {
  private readonly entries = new Map<object, readonly [string, HandlerUnfinishedPolicy]>();

  begin(task: object, name: string, unfinishedPolicy: HandlerUnfinishedPolicy): void {
    this.entries.set(task, [name, unfinishedPolicy]);
  }

  end(task: object): void {
    this.entries.delete(task);
  }

  get allFinished(): boolean {
    return this.entries.size === 0;
  }

  /** The names of those that are not to be abandoned in silence, in alphabetical order, with their numbers. */
  toWarnOf(): [string, number][] {
    const numbers = new Map<string, number>();
    for (const [name, policy] of this.entries.values()) {
      if (policy === 'WARN_AND_ABANDON') numbers.set(name, (numbers.get(name) ?? 0) + 1);
    }
    return [...numbers].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

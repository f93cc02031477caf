/** `Date` with the activation's time: the same until the next `await` that waits. */

import { tryCurrentRuntime } from '../runtime.js';

const EngineDate = Date;

/** Milliseconds since the Unix epoch. */
export function now(): number {
  const runtime = tryCurrentRuntime();
  if (runtime !== undefined) return Math.floor(runtime.timeUs / 1_000);
  throw new Error(
    'there is no time before a run: read the clock inside of a workflow function, not at the top of a module',
  );
}

function construct(this: unknown, ...args: unknown[]): unknown {
  if (new.target === undefined) return new EngineDate(now()).toString();
  return Reflect.construct(EngineDate, args.length === 0 ? [now()] : args, new.target);
}

export const WorkflowDate = Object.assign(construct, { parse: EngineDate.parse, UTC: EngineDate.UTC, now });
Object.defineProperty(WorkflowDate, 'name', { value: 'Date' });
WorkflowDate.prototype = EngineDate.prototype;
EngineDate.prototype.constructor = WorkflowDate as unknown as DateConstructor;

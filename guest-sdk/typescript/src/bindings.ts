/**
 * The contract's imports as an engine gives them. QuickJS has numbers for 64 bits and `null` for what is absent,
 * StarlingMonkey has `BigInt` and `undefined`; this layer hides it, and costs nothing where the SDK's values are QuickJS's.
 */

import type { Activation, Failure, RunInfo } from './contract.js';
import type { Host } from './host.js';

// The engine's own values, of which TypeScript knows nothing.
type Foreign = any;

/** The modules of the contract's interfaces. */
export type Imports = Record<
  'activities' | 'timers' | 'children' | 'runs' | 'run' | 'updates' | 'telemetry',
  Record<string, (...args: Foreign[]) => Foreign>
>;

/** How an engine writes the contract's values. */
export interface Engine {
  /** A number of 64 bits. */
  wide(value: number): Foreign;
  /** A record for the host. */
  give(record: object): Foreign;
  /** What comes from the host. */
  take(value: Foreign): Foreign;
}

export const quickjs: Engine = { wide: (value) => value, give: (record) => record, take: (value) => value };
export const starlingmonkey: Engine = { wide: BigInt, give: widened, take: narrowed };

export function hostOf(imports: Imports, { wide, give, take }: Engine): Host {
  const { activities, timers, children, runs, run, updates, telemetry } = imports as Record<string, Foreign>;
  return {
    scheduleActivity: (name, input, options) => take(activities.schedule(name, input, give(options))),
    scheduleLocalActivity: (name, input, options) =>
      take(activities.scheduleLocal(name, input, give(options))),
    cancelActivity: (operation) => activities.cancel(wide(operation)),
    startTimer: (durationMs, summary) => take(timers.start(wide(durationMs), { summary, extensions: [] })),
    cancelTimer: (operation) => timers.cancel(wide(operation)),
    startChild: (workflowType, input, options) => take(children.start(workflowType, input, give(options))),
    cancelChild: (closed, reason) => children.cancel(wide(closed), reason),
    signalRun: (target, name, input, options) =>
      take(runs.signal(target, name, input, { ...options, extensions: [] })),
    cancelRun: (target, reason) => take(runs.cancel(target, reason)),
    complete: (result) => run.complete(result),
    fail: (failure) => run.fail(give(failure)),
    cancelled: (details) => run.cancelled(details),
    continueAsNew: (input, options) => run.continueAsNew(input, give(options)),
    info: () => narrowed(run.info()) as RunInfo,
    randomBytes: (length) => take(run.randomBytes(length)),
    patched: (id) => run.patched(id),
    deprecatePatch: (id) => run.deprecatePatch(id),
    getVersion: (changeId, minimum, maximum) => run.getVersion(changeId, minimum, maximum),
    upsertSearchAttributes: (attributes) => run.upsertSearchAttributes(attributes),
    setMemo: (fields) => run.setMemo(fields),
    setDetails: (details) => run.setDetails(details),
    completeUpdate: (id, result) => updates.complete(id, result),
    failUpdate: (id, failure) => updates.fail(id, give(failure)),
    log: (level, message, fields) => telemetry.log(level, message, fields),
    count: (name, value, tags) => telemetry.count(name, wide(value), tags),
    record: (name, value, tags) => telemetry.record(name, value, tags),
    wantsCallSites: () => telemetry.wantsCallSites(),
    callSite: (frames) => telemetry.callSite(frames),
  };
}

export function activationIn(activation: Foreign, { take }: Engine): Activation {
  const taken = take(activation) as Activation;
  for (const event of taken.events) {
    if (event.tag !== 'resumed') continue;
    const { outcome } = event.val;
    if (outcome.tag === 'err') outcome.val = narrowed(outcome.val) as Failure;
  }
  return taken;
}

/** In records, numbers of 64 bits are those that end in their unit. */
function widened(value: unknown, name = ''): Foreign {
  if (typeof value === 'number') return name.endsWith('Ms') ? BigInt(value) : value;
  return mapped(value, widened);
}

/** As the SDK sees it. */
function narrowed(value: unknown): Foreign {
  if (typeof value === 'bigint') return Number(value);
  if (value === null) return undefined;
  // StarlingMonkey's bindings make bytes of a class of their own.
  if (ArrayBuffer.isView(value) && !(value instanceof Uint8Array))
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return mapped(value, narrowed);
}

/** Applies the function to what is within a list or a record. */
function mapped(value: unknown, map: (value: unknown, name?: string) => unknown): unknown {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  if (Array.isArray(value)) return value.map((item) => map(item));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, map(item, name)]));
}

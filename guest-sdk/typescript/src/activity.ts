/** Activities: work outside the sandbox. */

import { attributesOfCall } from './call.js';
import { type Duration, optionalMilliseconds } from './duration.js';
import { ActivityFailure, CancelledFailure, type Failure } from './failures.js';
import type { Host } from './host.js';
import { choose, keysOf } from './names.js';
import { type Ask, Operation } from './operation.js';
import { encodeAll } from './payload.js';
import { type RetryPolicy, retryToContract } from './retry.js';

/** What cancelling waits for. */
const CANCELLATION_TYPES = {
  /** Ask the activity to stop, and count it as cancelled at once. */
  TRY_CANCEL: 'try-cancel',
  /** Ask the activity to stop, and wait until it ends. */
  WAIT_CANCELLATION_COMPLETED: 'wait',
  /** Do not ask; count it as cancelled at once. */
  ABANDON: 'abandon',
} as const;
export type ActivityCancellationType = keyof typeof CANCELLATION_TYPES;
export const ActivityCancellationType = keysOf(CANCELLATION_TYPES);

interface CommonOptions {
  /** Unique among the run's pending activities. */
  activityId?: string;
  /** The whole, with retries. This or `startToCloseTimeout` is required. */
  scheduleToCloseTimeout?: Duration;
  /** One attempt. */
  startToCloseTimeout?: Duration;
  retry?: RetryPolicy;
  /** `TRY_CANCEL` by default. */
  cancellationType?: ActivityCancellationType;
  /** A line for people, shown where the activity is listed. */
  summary?: string;
  /** Values that travel beside the arguments. */
  headers?: Record<string, unknown>;
}

export interface ActivityOptions extends CommonOptions {
  /** The run's own by default. */
  taskQueue?: string;
  /** From being scheduled to being started, for each attempt. */
  scheduleToStartTimeout?: Duration;
  /** The longest silence of an attempt. */
  heartbeatTimeout?: Duration;
}

export interface LocalActivityOptions extends CommonOptions {
  /** A backoff longer than this becomes a durable timer; a minute by default. */
  localRetryThreshold?: Duration;
}

/** Any functions. */
export type Activities = object;

/** The functions of `A`, each of which schedules the activity of its name. */
export type ActivityProxy<A extends Activities, Options> = {
  [Name in keyof A as A[Name] extends (...args: any[]) => any ? Name : never]: A[Name] extends (
    ...args: infer Args
  ) => infer Ret
    ? ((...args: Args) => Promise<Awaited<Ret>>) & {
        /** Schedules it with other options than those of the proxy. */
        executeWithOptions(options: Options, args: Args): Promise<Awaited<Ret>>;
      }
    : never;
};

/**
 * Functions that schedule activities: `const { charge } = proxyActivities<typeof activities>({ startToCloseTimeout: '10s' })`.
 *
 * Without a type, any name is a function: `proxyActivities({ … })['charge-card'](card)`.
 */
export function proxyActivities<A extends Activities = Record<string, (...args: any[]) => Promise<any>>>(
  options: ActivityOptions,
): ActivityProxy<A, ActivityOptions> {
  checkTimeouts(options, 'proxyActivities');
  return proxy<A, ActivityOptions>(options, prepareActivity);
}

/** The same of activities that run in the host itself, next to the workflow: for short ones. */
export function proxyLocalActivities<A extends Activities = Record<string, (...args: any[]) => Promise<any>>>(
  options: LocalActivityOptions,
): ActivityProxy<A, LocalActivityOptions> {
  checkTimeouts(options, 'proxyLocalActivities');
  return proxy<A, LocalActivityOptions>(options, prepareLocalActivity);
}

/** An activity of which all but the name and the arguments is known. */
type Schedule = (name: string, args: unknown[]) => Promise<unknown>;

function proxy<A extends Activities, Options>(
  options: Options,
  prepare: (options: Options) => Schedule,
): ActivityProxy<A, Options> {
  const schedule = prepare(options);
  const activities = new Map<string, unknown>();
  return new Proxy({} as ActivityProxy<A, Options>, {
    get(_, name) {
      // A proxy that is awaited by mistake is no promise.
      if (typeof name !== 'string' || name === 'then') return undefined;
      if (!activities.has(name)) {
        const activity = (...args: unknown[]): unknown => schedule(name, args);
        const executeWithOptions = (other: Options, args: unknown[]): unknown =>
          prepare({ ...options, ...other })(name, args);
        activities.set(name, Object.assign(activity, { executeWithOptions }));
      }
      return activities.get(name);
    },
  });
}

/** Schedules an activity by its name. Rejected with an `ActivityFailure`, whose cause says why. */
export function scheduleActivity<R = unknown>(
  name: string,
  args: unknown[],
  options: ActivityOptions,
): Promise<R> {
  checkTimeouts(options, `activity ${name}`);
  return prepareActivity(options)(name, args) as Promise<R>;
}

/** Runs a local activity by its name. */
export function scheduleLocalActivity<R = unknown>(
  name: string,
  args: unknown[],
  options: LocalActivityOptions,
): Promise<R> {
  checkTimeouts(options, `local activity ${name}`);
  return prepareLocalActivity(options)(name, args) as Promise<R>;
}

function prepareActivity(options: ActivityOptions): Schedule {
  const contract = {
    ...commonOptions(options),
    taskQueue: options.taskQueue,
    scheduleToStartMs: optionalMilliseconds(options.scheduleToStartTimeout, 'scheduleToStartTimeout'),
    heartbeatMs: optionalMilliseconds(options.heartbeatTimeout, 'heartbeatTimeout'),
  };
  return (type, args) => {
    const name = `activity ${type}`;
    const input = encodeAll(args, name);
    const start: Start = (host) => host.scheduleActivity(type, input, contract);
    return Operation.begin(new Activity(name, type, options.activityId, start)).outcome;
  };
}

function prepareLocalActivity(options: LocalActivityOptions): Schedule {
  const localRetryThresholdMs = optionalMilliseconds(options.localRetryThreshold, 'localRetryThreshold');
  const contract = { ...commonOptions(options), localRetryThresholdMs };
  return (type, args) => {
    const name = `local activity ${type}`;
    const input = encodeAll(args, name);
    const start: Start = (host) => host.scheduleLocalActivity(type, input, contract);
    return Operation.begin(new Activity(name, type, options.activityId, start)).outcome;
  };
}

type Start = (host: Host) => number;

class Activity implements Ask {
  constructor(
    readonly name: string,
    private readonly type: string,
    private readonly id: string | undefined,
    readonly start: Start,
  ) {}

  cancel(host: Host, operation: number): boolean {
    return host.cancelActivity(operation);
  }

  cancelled(operation: number): Failure {
    const message = 'activity cancelled';
    const id = this.id ?? `${operation}`;
    const cause = new CancelledFailure(message);
    return new ActivityFailure(message, this.type, id, 'CANCEL_REQUESTED', 1, cause);
  }
}

function commonOptions(options: CommonOptions) {
  return {
    activityId: options.activityId,
    scheduleToCloseMs: optionalMilliseconds(options.scheduleToCloseTimeout, 'scheduleToCloseTimeout'),
    startToCloseMs: optionalMilliseconds(options.startToCloseTimeout, 'startToCloseTimeout'),
    retryPolicy: retryToContract(options.retry),
    cancellationType: choose(CANCELLATION_TYPES, options.cancellationType, 'cancellationType'),
    ...attributesOfCall(options),
  };
}

function checkTimeouts(options: CommonOptions | undefined, where: string): void {
  if (options?.startToCloseTimeout !== undefined || options?.scheduleToCloseTimeout !== undefined) return;
  throw new TypeError(`${where} needs a time limit: set startToCloseTimeout or scheduleToCloseTimeout`);
}

/** What most scenarios use. */

import {
  type ActivityOptions,
  ApplicationFailure,
  condition,
  defineSignal,
  type RetryPolicy,
  scheduleActivity,
  setHandler,
} from '@dalsegno/workflow';

export const MINUTE: ActivityOptions = { startToCloseTimeout: '60s' };

/** An activity with the options of all scenarios that name none. */
export function activity<T>(name: string, ...args: unknown[]): Promise<T> {
  return scheduleActivity<T>(name, args, MINUTE);
}

/** A policy of this many attempts. */
export function attempts(maximumAttempts: number, ...nonRetryableErrorTypes: string[]): RetryPolicy {
  return {
    initialInterval: 10,
    backoffCoefficient: 1,
    maximumInterval: '1s',
    maximumAttempts,
    nonRetryableErrorTypes,
  };
}

/** A signal without arguments that sets what the result tells. */
export function flag(name: string): () => boolean {
  let isSet = false;
  setHandler(defineSignal(name), () => {
    isSet = true;
  });
  return () => isSet;
}

/** Waits for the signal of a name, which had no handler before. */
export function go(): Promise<void> {
  return condition(flag('go'));
}

/** The first failure in a chain that user code raised. */
export function applicationFailure(error: unknown): ApplicationFailure {
  let link = error;
  while (link instanceof Error && !(link instanceof ApplicationFailure)) link = link.cause;
  if (link instanceof ApplicationFailure) return link;
  throw error;
}

/** What a promise is rejected with. */
export async function caught(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

/** The next two signals of the name `late`, for which nobody listened before. */
export async function takeTwo(): Promise<unknown[]> {
  const late: unknown[] = [];
  setHandler(defineSignal<[unknown]>('late'), (value) => void late.push(value));
  await condition(() => late.length >= 2);
  return late;
}

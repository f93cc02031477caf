import {
  CancellationScope,
  defineWorkflow,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
} from '@dalsegno/workflow';

import { activity, go, MINUTE } from './common';

interface Activities {
  echo<T>(value: T): Promise<T>;
  hang(): Promise<void>;
}

const { echo } = proxyActivities<Activities>(MINUTE);
const local = proxyLocalActivities<Activities>({ startToCloseTimeout: '60s' });

export const activitiesInSequence = defineWorkflow('activities-in-sequence', {}, async () => {
  const a = await echo('a');
  const b = await echo(`${a}b`);
  const c = await echo(`${b}c`);
  return [a, b, c];
});

export const activitiesInParallel = defineWorkflow('activities-in-parallel', {}, async () => {
  return await Promise.all([echo(1), echo(2), echo(3)]);
});

export const activityFails = defineWorkflow('activity-fails', {}, async () => {
  await activity('decline', '4242');
});

export const activityOptions = defineWorkflow('activity-options', {}, async () => {
  const { echo } = proxyActivities<Activities>({
    activityId: 'my-id',
    scheduleToCloseTimeout: '40s',
    scheduleToStartTimeout: '20s',
    startToCloseTimeout: '10s',
    heartbeatTimeout: '5s',
    retry: { initialInterval: 10, backoffCoefficient: 1, maximumInterval: '1s', maximumAttempts: 3 },
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary: 'for people',
  });
  return await echo('x');
});

export const activityCancelled = defineWorkflow('activity-cancelled', {}, () => cancelHanging('TRY_CANCEL'));

export const activityCancelledAndAwaited = defineWorkflow('activity-cancelled-and-awaited', {}, () =>
  cancelHanging('WAIT_CANCELLATION_COMPLETED'),
);

async function cancelHanging(
  cancellationType: 'TRY_CANCEL' | 'WAIT_CANCELLATION_COMPLETED',
): Promise<string> {
  const { hang } = proxyActivities<Activities>({ ...MINUTE, cancellationType });
  const scope = new CancellationScope();
  const hanging = scope.run(() => hang());
  await go();
  scope.cancel();
  try {
    await hanging;
    return 'ended';
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
}

export const localActivities = defineWorkflow('local-activities', {}, async () => {
  const a = await local.echo(1);
  const b = await local.echo(2);
  const c = await local.echo(3);
  return [a, b, c];
});

export const chain = defineWorkflow('chain', {}, async (n: number) => {
  for (let i = 0; i < n; i++) await echo(i);
  return n;
});

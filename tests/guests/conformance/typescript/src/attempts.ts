import {
  ActivityFailure,
  defineWorkflow,
  rootCause,
  scheduleActivity,
  TimeoutFailure,
} from '@dalsegno/workflow';

import { activity, applicationFailure, attempts, caught, MINUTE } from './common';

export const activityFailureCaught = defineWorkflow('activity-failure-caught', {}, async () => {
  const failure = (await caught(activity('decline', '4242'))) as ActivityFailure;
  const { details, message, type } = applicationFailure(failure);
  const [detail] = details as [{ code: number }];
  return { activity: failure.activityType, attempts: failure.attempts, code: detail.code, message, type };
});

export const activityRetried = defineWorkflow('activity-retried', {}, async () => {
  return await scheduleActivity('succeeds-at', [3], { ...MINUTE, retry: attempts(5) });
});

export const activityAttemptsUsedUp = defineWorkflow('activity-attempts-used-up', {}, async () => {
  await scheduleActivity('unavailable', ['x'], { ...MINUTE, retry: attempts(2) });
});

export const activityTypeNotRetried = defineWorkflow('activity-type-not-retried', {}, async () => {
  const failing = scheduleActivity('unavailable', ['x'], { ...MINUTE, retry: attempts(5, 'Unavailable') });
  const failure = (await caught(failing)) as ActivityFailure;
  return failure.attempts;
});

export const activityTimesOut = defineWorkflow('activity-times-out', {}, async () => {
  const hanging = scheduleActivity('hang', [], { startToCloseTimeout: 100, retry: attempts(1) });
  const failure = await caught(hanging);
  if (rootCause(failure) instanceof TimeoutFailure) return 'timed out';
  throw failure;
});

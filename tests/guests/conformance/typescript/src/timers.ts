import { CancellationScope, condition, defineWorkflow, isCancellation, sleep } from '@dalsegno/workflow';

import { activity, flag, go } from './common';

export const timer = defineWorkflow('timer', {}, async () => {
  await sleep('50 ms');
  return 'fired';
});

export const timersInOrderOfFiring = defineWorkflow('timers-in-order-of-firing', {}, async () => {
  const fired: string[] = [];
  const timer = async (name: string, ms: number): Promise<void> => {
    await sleep(ms);
    fired.push(name);
  };
  await Promise.all([timer('a', 900), timer('b', 100), timer('c', 500)]);
  return fired;
});

export const timerCancelled = defineWorkflow('timer-cancelled', {}, async () => {
  const scope = new CancellationScope();
  const sleeping = scope.run(() => sleep('1 h'));
  await go();
  scope.cancel();
  try {
    await sleeping;
    return 'fired';
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
});

export const race = defineWorkflow('race', {}, async () => {
  const scope = new CancellationScope();
  const hanging = scope.run(() => activity('hang'));
  const first = await Promise.race([hanging.then(() => 'activity'), sleep('50 ms').then(() => 'timer')]);
  scope.cancel();
  return first;
});

export const timeout = defineWorkflow('timeout', {}, async () => {
  const first = await CancellationScope.withTimeout('1 h', () => activity('echo', 'in time'));
  let second: unknown;
  try {
    second = await CancellationScope.withTimeout('50 ms', () => activity('hang'));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    second = 'cut off';
  }
  return [first, second];
});

export const conditions = defineWorkflow('condition', {}, async (milliseconds: number) => {
  const isSet = flag('set');
  const met = await condition(isSet, milliseconds);
  await activity('echo', met);
  return met;
});

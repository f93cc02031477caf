import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineWorkflow,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
} from '@dalsegno/workflow';

import { activity, flag, go, takeTwo } from './common';

const add = defineSignal<[unknown]>('add');
const bad = defineSignal('bad');
const count = defineQuery<number>('count');
const hold = defineSignal('hold');
const work = defineSignal<[number]>('work');

export const signals = defineWorkflow('signals', { signals: [add], queries: [count] }, async () => {
  const values: unknown[] = [];
  setHandler(add, (value) => void values.push(value));
  setHandler(count, () => values.length);
  await condition(flag('done'));
  return values;
});

export const asyncSignalHandler = defineWorkflow('async-signal-handler', { signals: [work] }, async () => {
  let total = 0;
  setHandler(work, async (n) => {
    total += await activity<number>('echo', n);
  });
  const done = flag('done');
  await condition(() => done() && allHandlersFinished());
  return total;
});

export const allFinished = defineWorkflow('all-handlers-finished', { signals: [hold] }, async () => {
  let [held, finished] = [0, 0];
  const released = flag('release');
  setHandler(hold, async () => {
    held += 1;
    await condition(released);
    await activity('echo', 'held');
    finished += 1;
  });
  const done = flag('done');
  setHandler(defineQuery<number>('held'), () => held);
  setHandler(defineQuery<boolean>('done'), done);
  await condition(done);
  const before = allHandlersFinished();
  await condition(allHandlersFinished);
  return [before, finished];
});

export const bufferedSignal = defineWorkflow('buffered-signal', {}, async () => {
  await go();
  return await takeTwo();
});

export const signalFails = defineWorkflow('signal-fails', { signals: [bad] }, async () => {
  setHandler(bad, () => {
    throw ApplicationFailure.create({ type: 'BadSignal', message: 'the signal is refused' });
  });
  await condition(() => false);
});

const dynamic = { dynamicSignals: true, dynamicQueries: true, dynamicUpdates: true };

export const dynamicHandlers = defineWorkflow('dynamic-handlers', dynamic, async () => {
  const heard: unknown[] = [];
  const done = flag('done');
  setHandler(count, () => heard.length);
  setDefaultSignalHandler((name, ...args) => void heard.push([name, args]));
  setDefaultQueryHandler((name, ...args) => [name, args, heard.length]);
  setDefaultUpdateHandler((name, ...args) => heard.push([`update ${name}`, args]), {
    validator: (name) => {
      if (name === 'forbidden')
        throw ApplicationFailure.create({ type: 'Forbidden', message: 'this name is not taken' });
    },
  });
  await condition(done);
  return heard;
});

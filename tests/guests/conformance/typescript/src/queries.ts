import { ApplicationFailure, condition, defineQuery, defineWorkflow, setHandler } from '@dalsegno/workflow';

import { flag } from './common';

const state = defineQuery<string>('state');
const add = defineQuery<number, [number, number]>('add');
const refused = defineQuery<never>('refused');
const bump = defineQuery<number>('bump');

export const queries = defineWorkflow('queries', { queries: [state, add, refused, bump] }, async () => {
  let [now, counter] = ['', 0];
  const done = flag('done');
  setHandler(state, () => now);
  setHandler(add, (a, b) => a + b);
  setHandler(refused, () => {
    throw ApplicationFailure.create({ type: 'NotReady', message: 'not yet' });
  });
  setHandler(bump, () => {
    counter += 1;
    return counter;
  });
  now = 'waiting';
  await condition(done);
  now = 'done';
  return counter;
});

import {
  ApplicationFailure,
  continueAsNew,
  defineWorkflow,
  deprecatePatch,
  getVersion,
  patched,
  workflowInfo,
} from '@dalsegno/workflow';

import { activity, go, takeTwo } from './common';

async function countUp(n: number, log: number[]): Promise<number[]> {
  await activity('echo', n);
  log.push(n);
  if (n === 2) return log;
  return await continueAsNew<typeof countUp>(n + 1, log);
}

export const counting = defineWorkflow('continue-as-new', {}, countUp);

async function carry(round: number): Promise<unknown[]> {
  if (round > 0) return await takeTwo();
  await go();
  return await continueAsNew<typeof carry>(1);
}

export const carriedSignal = defineWorkflow('carried-signal', {}, carry);

export const retriedWorkflow = defineWorkflow('retried-workflow', {}, async () => {
  const { attempt } = workflowInfo();
  if (attempt < 3) throw ApplicationFailure.create({ type: 'Unlucky', message: `attempt ${attempt}` });
  return attempt;
});

export const patches = defineWorkflow('patches', {}, async () => {
  const a = patched('first');
  const b = patched('first');
  deprecatePatch('second');
  const v = getVersion('third', 1, 3);
  const w = getVersion('third', 1, 3);
  return await activity('echo', [a, b, v, w]);
});

import {
  ApplicationFailure,
  ChildWorkflowFailure,
  condition,
  defineSignal,
  defineWorkflow,
  executeChild,
  isCancellation,
  setHandler,
  startChild,
  workflowInfo,
} from '@dalsegno/workflow';

import { activity, applicationFailure, caught, flag, go } from './common';

const note = defineSignal<[unknown]>('note');

export const childGreets = defineWorkflow('child-greets', {}, async (name: string) => {
  return await activity<string>('echo', `Hello, ${name}`);
});

export const childFails = defineWorkflow('child-fails', {}, async () => {
  throw ApplicationFailure.create({ type: 'ChildFailed', message: 'the child has failed', details: [1] });
});

export const childWaits = defineWorkflow('child-waits', { signals: [note] }, async () => {
  const notes: unknown[] = [];
  setHandler(note, (value) => void notes.push(value));
  await condition(flag('finish'));
  return notes;
});

/** The options of every child here. */
export function named() {
  return { workflowId: `${workflowInfo().workflowId}-child` };
}

export const childExecuted = defineWorkflow('child-executed', {}, async () => {
  return await executeChild(childGreets, { ...named(), args: ['World'] });
});

export const childFailure = defineWorkflow('child-failure', {}, async () => {
  await executeChild(childFails, named());
});

export const childFailureCaught = defineWorkflow('child-failure-caught', {}, async () => {
  const failure = (await caught(executeChild(childFails, named()))) as ChildWorkflowFailure;
  const { message, type } = applicationFailure(failure);
  return { message, type, workflow_id: failure.execution.workflowId, workflow_type: failure.workflowType };
});

export const childCancelled = defineWorkflow('child-cancelled', {}, async () => {
  const child = await startChild(childWaits, named());
  await go();
  child.cancel();
  try {
    await child.result();
    return 'ended';
  } catch (error) {
    if (isCancellation(error)) return 'cancelled';
    throw error;
  }
});

export const childSignalled = defineWorkflow('child-signalled', {}, async () => {
  const child = await startChild(childWaits, named());
  await child.signal(note, 'from the parent');
  return await child.result();
});

export const childAbandoned = defineWorkflow('child-abandoned', {}, async () => {
  const child = await startChild(childWaits, { ...named(), parentClosePolicy: 'ABANDON' });
  return child.workflowId;
});

export const childIdTaken = defineWorkflow('child-id-taken', {}, async () => {
  return applicationFailure(await caught(startChild(childWaits, named()))).type;
});

import {
  defineSearchAttributeKey,
  defineWorkflow,
  executeChild,
  sleep,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@dalsegno/workflow';

import { activity } from './common';

export const draws = defineWorkflow('draws', {}, async () => {
  const [u1, u2] = [crypto.randomUUID(), crypto.randomUUID()];
  const [r1, r2] = [Math.random(), Math.random()];
  const [t1, t2] = [Date.now(), Date.now()];
  await activity('echo', `${u1} ${u2} ${r1} ${r2} ${t1}`);
  await sleep('50 ms');
  const t3 = Date.now();
  return { moved: t3 - t1 >= 50, random_differ: r1 !== r2, still: t1 === t2, uuids_differ: u1 !== u2 };
});

const COUNT = defineSearchAttributeKey('Count', 'INT');
const DONE = defineSearchAttributeKey('Done', 'BOOL');

export const attributes = defineWorkflow('attributes', {}, async () => {
  upsertSearchAttributes([
    { key: COUNT, value: 3 },
    { key: DONE, value: true },
    { key: defineSearchAttributeKey('Due', 'DATETIME'), value: new Date('2001-09-09T01:46:40Z') },
    { key: defineSearchAttributeKey('Labels', 'KEYWORD_LIST'), value: ['a', 'b'] },
    { key: defineSearchAttributeKey('Region', 'KEYWORD'), value: 'IS' },
    { key: defineSearchAttributeKey('Share', 'DOUBLE'), value: 0.5 },
    { key: defineSearchAttributeKey('Words', 'TEXT'), value: 'two words' },
  ]);
  upsertMemo({ gone: 'soon', nested: { a: [1] }, step: 1 });
  await activity('echo', 'between');
  upsertSearchAttributes([
    { key: COUNT, value: 4 },
    { key: DONE, value: null },
  ]);
  upsertMemo({ gone: null, step: 2 });
});

export const info = defineWorkflow('info', {}, async () => {
  const run = workflowInfo();
  return {
    attempt: run.attempt,
    continued: run.continuedFromExecutionRunId !== undefined,
    first: run.runId === run.firstExecutionRunId,
    namespace: run.namespace,
    parent: run.parent?.workflowId ?? null,
    task_queue: run.taskQueue,
    workflow_id: run.workflowId,
    workflow_type: run.workflowType,
  };
});

export const infoOfChild = defineWorkflow('info-of-child', {}, async () => {
  return await executeChild(info, { workflowId: `${workflowInfo().workflowId}-child` });
});

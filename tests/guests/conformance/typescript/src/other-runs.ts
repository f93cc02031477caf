import { condition, defineWorkflow, getExternalWorkflowHandle } from '@dalsegno/workflow';

import { applicationFailure, caught, flag } from './common';

export const external = defineWorkflow('external', {}, async (target: string) => {
  const isTold = flag('go');
  const other = getExternalWorkflowHandle(target);
  await other.signal('note', 'from outside');
  await condition(isTold);
  await other.cancel();
  return 'done';
});

export const externalMissing = defineWorkflow('external-missing', {}, async () => {
  const nobody = getExternalWorkflowHandle('nobody');
  const failures = [await caught(nobody.signal('note', 'x')), await caught(nobody.cancel())];
  return failures.map((failure) => applicationFailure(failure).type);
});

import { ApplicationFailure, defineWorkflow, executeChild, isCancellation, sleep } from '@dalsegno/workflow';

import { childWaits, named } from './children';
import { activity, caught } from './common';

export const cancelSeveral = defineWorkflow('cancel-several', {}, async () => {
  await Promise.all([
    activity('hang'),
    sleep('1 h'),
    executeChild(childWaits, { ...named(), cancellationType: 'TRY_CANCEL', parentClosePolicy: 'ABANDON' }),
  ]);
});

export const cancelBecomesFailure = defineWorkflow('cancel-becomes-failure', {}, async () => {
  const cause = (await caught(activity('hang'))) as Error;
  if (!isCancellation(cause)) throw cause;
  throw ApplicationFailure.create({ type: 'CleanUpFailed', message: 'not released', cause });
});

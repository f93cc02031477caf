import {
  defineSearchAttributeKey,
  defineWorkflow,
  executeChild,
  makeContinueAsNewFunc,
  proxyLocalActivities,
} from '@dalsegno/workflow';

import { childGreets, named } from './children';
import { attempts } from './common';

const inIceland = [{ key: defineSearchAttributeKey('Region', 'KEYWORD'), value: 'IS' }] as const;

interface Activities {
  'succeeds-at'(attempt: number): Promise<number>;
}

export const localActivityOptions = defineWorkflow('local-activity-options', {}, async () => {
  const activities = proxyLocalActivities<Activities>({
    activityId: 'my-id',
    scheduleToCloseTimeout: '40s',
    startToCloseTimeout: '10s',
    retry: attempts(3),
    localRetryThreshold: '30s',
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    summary: 'for people',
  });
  return await activities['succeeds-at'](2);
});

export const childOptions = defineWorkflow('child-options', {}, async () => {
  return await executeChild(childGreets, {
    ...named(),
    args: ['World'],
    workflowExecutionTimeout: '80s',
    workflowRunTimeout: '40s',
    retry: attempts(3),
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
    parentClosePolicy: 'REQUEST_CANCEL',
    cancellationType: 'WAIT_CANCELLATION_REQUESTED',
    modulePolicy: 'CURRENT',
    memo: { note: 'of the child' },
    searchAttributes: inIceland,
    summary: 'for people',
  });
});

export const continueAsNewOptions = defineWorkflow('continue-as-new-options', {}, async () => {
  const next = makeContinueAsNewFunc<typeof childGreets>({
    workflowType: 'child-greets',
    workflowRunTimeout: '40s',
    retry: attempts(3),
    memo: { note: 'of the next run' },
    searchAttributes: inIceland,
  });
  return await next('again');
});

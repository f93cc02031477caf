import { ApplicationFailure, defineWorkflow } from '@dalsegno/workflow';

import { activity } from './common';

export const causeChain = defineWorkflow('cause-chain', {}, async () => {
  const declined = ApplicationFailure.nonRetryable('not enough funds', 'CardDeclined', 42, 'EUR');
  const unpaid = ApplicationFailure.create({
    type: 'PaymentFailed',
    message: 'cannot charge the card',
    cause: declined,
  });
  throw ApplicationFailure.create({ type: 'OrderFailed', message: 'cannot fulfil the order', cause: unpaid });
});

export const bug = defineWorkflow('bug', {}, async () => {
  throw new Error('this is a bug');
});

export const hangs = defineWorkflow('hangs', {}, async () => {
  await activity('hang');
  return 'hung';
});

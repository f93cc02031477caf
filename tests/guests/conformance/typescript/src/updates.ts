import {
  ApplicationFailure,
  condition,
  defineQuery,
  defineUpdate,
  defineWorkflow,
  setHandler,
} from '@dalsegno/workflow';

import { activity, flag } from './common';

const add = defineUpdate<number, [number]>('add');
const withdraw = defineUpdate<number, [number]>('withdraw');
const addSlowly = defineUpdate<number, [number]>('add-slowly');
const refuse = defineUpdate<never, [string]>('refuse');

export const updates = defineWorkflow(
  'updates',
  { updates: [add, withdraw, addSlowly, refuse] },
  async () => {
    let balance = 0;
    setHandler(add, (n) => {
      balance += n;
      return balance;
    });
    const withdrawn = (n: number): number => {
      balance -= n;
      return balance;
    };
    setHandler(withdraw, withdrawn, {
      validator: (n) => {
        if (n <= balance) return;
        throw ApplicationFailure.create({
          type: 'TooLittle',
          message: `there is only ${balance}`,
          details: [balance],
        });
      },
    });
    setHandler(addSlowly, async (n) => {
      await activity('echo', 'check');
      balance += n;
      await activity('echo', 'book');
      return balance;
    });
    setHandler(refuse, (why) => {
      throw ApplicationFailure.create({ type: 'Refused', message: why });
    });
    const closed = flag('close');
    setHandler(defineQuery<number>('balance'), () => balance);
    await condition(closed);
    return balance;
  },
);

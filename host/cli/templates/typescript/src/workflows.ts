/** Greets, after a durable timer, with a greeting that may be changed while it waits. */

import { defineQuery, defineSignal, setHandler, sleep } from '@dalsegno/workflow';

/** Changes the greeting. */
export const change = defineSignal<[greeting: string]>('change');

/** The greeting that it would use now. */
export const greeting = defineQuery<string>('greeting');

/** Greets after five seconds. */
export async function hello(name: string): Promise<string> {
  let current = 'Hello';
  setHandler(change, (changed) => {
    current = changed;
  });
  setHandler(greeting, () => current);

  // A durable timer: it goes on after a crash, and days are as good as seconds.
  await sleep('5 seconds');
  return `${current}, ${name}!`;
}

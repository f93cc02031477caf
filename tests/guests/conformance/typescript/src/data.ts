import {
  condition,
  defineSignal,
  defineWorkflow,
  executeChild,
  setHandler,
  upsertMemo,
} from '@dalsegno/workflow';

import { named } from './children';
import { activity } from './common';

export const largePayload = defineWorkflow('large-payload', {}, async (n: number) => {
  const text = await activity<string>('echo', 'x'.repeat(n));
  return text.length;
});

const greetings = defineSignal<[unknown]>('grüße 😀');

export const unicode = defineWorkflow('unicode', { signals: [greetings] }, async (text: string) => {
  const values: unknown[] = [];
  setHandler(greetings, (value) => void values.push(value));
  upsertMemo({ note: text });
  const echoed = await activity('echo', text);
  await condition(() => values.length > 0);
  return [echoed, values[0]];
});

export const manyArguments = defineWorkflow('many-arguments', {}, async (...args: unknown[]) => {
  return await activity('echo', ...args);
});

export const nothing = defineWorkflow('nothing', {}, async (argument: null) => {
  const a = await activity('silent');
  const b = await activity('echo');
  const c = await activity('echo', argument);
  await activity('echo', [a, b, c]);
});

export const mirror = defineWorkflow('mirror', {}, async (value: Uint8Array) => value);

export const bytes = defineWorkflow('bytes', {}, async () => {
  return await executeChild(mirror, { ...named(), args: [new Uint8Array([0, 1, 254, 255])] });
});

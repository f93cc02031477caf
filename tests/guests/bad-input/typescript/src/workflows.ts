/** What a workflow cannot do, each by its name. */

import { defineWorkflow } from '@dalsegno/workflow';

/** Names that workflows have not, whatever types say. */
const there = globalThis as unknown as Record<string, new (...args: unknown[]) => unknown>;
const anything = globalThis as unknown as Record<string, any>;

declare function require(name: string): unknown;

/** A promise of the engine's own, made by code that the build does not see. */
const stranger = (): unknown => new Function('return (async () => 1)()')();

const MISDEEDS: Record<string, () => unknown> = {
  'awaits-something-foreign': stranger,
  'blocks-in-atomics': () => anything.Atomics.wait(new Int32Array(1), 0, 0, 1_000),
  connects: () => new there.WebSocket!('ws://127.0.0.1/'),
  fetches: () => anything.fetch('http://127.0.0.1/'),
  'requires-a-file': () => require('fs'),
  requests: () => new there.XMLHttpRequest!(),
  'shares-memory': () => new there.SharedArrayBuffer!(8),
  'starts-a-worker': () => new there.Worker!('worker.js'),
  'waits-busily': () => {
    for (const end = Date.now() + 1_000; Date.now() < end; );
  },
  'yields-to-the-event-loop': () => anything.setImmediate(() => undefined),
};

const about = { description: 'Does what its argument names.' };

export const misdeed = defineWorkflow('misdeed', about, async (name: string) => void (await MISDEEDS[name]!()));

import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import { forbidden } from '../src/globals/forbidden.js';
import { install } from '../src/globals/install.js';
import { random } from '../src/globals/math.js';
import { TextDecoder, TextEncoder } from '../src/globals/text.js';
import { SourceMap } from '../src/source-map.js';
import { frames, place, setSourceMap } from '../src/stack.js';
import { Rig } from './rig.js';

interface Global {
  Date: DateConstructor;
  crypto: Crypto;
  performance: { now(): number };
  console: { log(...values: unknown[]): void };
}
interface Crypto {
  randomUUID(): string;
  getRandomValues<T>(array: T): T;
}

const engineRandom = Math.random;
const global = {} as Global;
install(global);
Math.random = engineRandom;
const { Date, crypto, performance, console } = global;

test('before a run there is neither time nor randomness', () => {
  assert.throws(() => Date.now(), /there is no time before a run/);
  assert.throws(() => new Date(), /there is no time before a run/);
  assert.throws(() => random(), /there is no randomness before a run/);
  assert.equal(new Date(0).getTime(), 0);
});

test('time and randomness are those of the run', () => {
  const draw = async () => ({
    now: Date.now(),
    date: new Date().toISOString(),
    text: typeof Date(),
    isDate: new Date() instanceof Date && new Date(1).constructor === Date,
    since: performance.now(),
    random: random(),
    uuid: crypto.randomUUID(),
    bytes: Array.from(crypto.getRandomValues(new Uint8Array(2))),
  });
  const [first, second] = [Rig.start(draw), Rig.start(draw)];
  assert.deepEqual(first.calls, second.calls);
  const drawn = JSON.parse((first.calls[0] ?? '').replace('complete ', ''));
  assert.ok(drawn.random >= 0 && drawn.random < 1);
  assert.deepEqual(
    { ...drawn, random: 0 },
    {
      now: 1_000,
      date: '1970-01-01T00:00:01.000Z',
      text: 'string',
      isDate: true,
      since: 0,
      random: 0,
      uuid: 'abababab-abab-4bab-abab-abababababab',
      bytes: [171, 171],
    },
  );
});

test('console writes to the log', () => {
  const rig = Rig.start(async () => console.log('order', { id: 7 }, 3));
  assert.deepEqual(rig.logged, ['info order {"id":7} 3']);
});

test('what is not possible says what to use instead', () => {
  const { fetch, WebSocket, Atomics } = forbidden as unknown as {
    fetch: () => void;
    WebSocket: new () => object;
    Atomics: { wait: () => void };
  };
  assert.throws(() => fetch(), /fetch is not possible in a workflow: do it in an activity/);
  assert.throws(() => new WebSocket(), /WebSocket is not possible in a workflow/);
  assert.throws(() => Atomics.wait(), /nothing may block: await sleep or condition/);
});

test('texts are encoded and decoded', () => {
  const text = 'grüße 😀';
  assert.equal(new TextDecoder().decode(new TextEncoder().encode(text)), text);
  assert.equal(new TextDecoder().decode(new Uint8Array([97, 0xff, 0xe2, 0x82, 98])), 'a\uFFFD\uFFFD\uFFFDb');
  assert.throws(() => new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([0xff])), /no UTF-8/);
  assert.throws(() => new TextDecoder('latin1'), /only utf-8/);
});

test('positions are those of the source', () => {
  // Two lines: the SDK's own; then columns 0 and 8 of lines 1 and 3 of the source.
  const map = new SourceMap(['src/a.ts'], 'A;AAAA,QAEE');
  assert.equal(map.find(1, 1), undefined);
  assert.deepEqual(map.find(2, 5), { source: 'src/a.ts', line: 1, column: 1 });
  assert.deepEqual(map.find(2, 9), { source: 'src/a.ts', line: 3, column: 3 });
  assert.deepEqual(map.find(2, 8), { source: 'src/a.ts', line: 1, column: 1 });
  assert.equal(map.find(9, 1), undefined);
});

test('stacks of every engine are read', () => {
  setSourceMap(['src/a.ts'], 'A;AAAA,QAEE');
  const quickjs =
    '    at sdk (/bundle.js:1:5)\n    at charge (/bundle.js:2:9)\n    at <anonymous> (/bundle.js:2:2)\n    at native';
  assert.deepEqual(frames(quickjs), ['charge (src/a.ts:3:3)', 'src/a.ts:1:1']);
  assert.deepEqual(frames('charge<@bundle.js:2:9'), ['charge (src/a.ts:3:3)']);
  assert.equal(place('sdk@bundle.js:1:5\ncharge@bundle.js:2:9\n'), 'src/a.ts:3:3');
  assert.equal(place('Error: no\n    at async charge (file:///bundle.js:2:9)'), 'src/a.ts:3:3');
  assert.equal(place(undefined), '');
  const begun = ['<anonymous> (/bundle.js:2:9)', 'dalsegnoAsync (/bundle.js:1:1)', 'charge (/bundle.js:2:1)'];
  assert.deepEqual(frames(begun.map((frame) => `    at ${frame}`).join('\n')), ['charge (src/a.ts:3:3)']);
});

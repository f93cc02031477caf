import assert from 'node:assert/strict';
import test from 'node:test';

import { install } from '../src/globals/install.js';
import { WorkflowPromise } from '../src/promise.js';
import { decodeValue, encodeAll, encodeValue, RawValue } from '../src/payload.js';

function text(value: unknown): string {
  return new TextDecoder().decode(encodeValue(value).data);
}

test('values are JSON without spaces, what is not ASCII as it is', () => {
  assert.equal(text({ b: 1, a: ['ü😀<>&', null, true] }), '{"b":1,"a":["ü😀<>&",null,true]}');
  assert.equal(text(undefined), 'null');
  assert.equal(text(new Date(0)), '"1970-01-01T00:00:00.000Z"');
  assert.equal(text({ absent: undefined, list: [undefined] }), '{"list":[null]}');
});

test('half of a surrogate pair is replaced, which strict readers of JSON refuse', () => {
  assert.equal(text({ cut: '😀'.slice(0, 1) + 'a' }), '{"cut":"\uFFFDa"}');
  assert.equal(text('\uDE00 \\ud83d \u0001 😀'), '"\uFFFD \\\\ud83d \\u0001 😀"');
});

test('bytes are bytes, and a list of numbers within JSON', () => {
  const bytes = new Uint8Array([1, 2]);
  const payload = encodeValue(bytes);
  assert.equal(new TextDecoder().decode(payload.metadata[0]?.[1]), 'binary/plain');
  assert.deepEqual(decodeValue(payload), bytes);
  install({});
  assert.equal(text({ bytes }), '{"bytes":[1,2]}');
});

test('null, nothing and unknown encodings are read', () => {
  const encoded = (name: string): [string, Uint8Array] => ['encoding', new TextEncoder().encode(name)];
  assert.equal(decodeValue(undefined), undefined);
  assert.equal(decodeValue({ metadata: [encoded('binary/null')], data: new Uint8Array() }), undefined);
  assert.equal(decodeValue(encodeValue(null)), null);
  const foreign = { metadata: [encoded('json/protobuf')], data: new Uint8Array([1]) };
  const raw = decodeValue(foreign);
  assert.ok(raw instanceof RawValue);
  assert.equal(encodeValue(raw), foreign);
});

for (const [value, told] of [
  [2n, 'a BigInt has no JSON form: give String(value), or Number(value)'],
  [() => 1, 'a function has no JSON form'],
  [NaN, 'NaN has no JSON form'],
  [
    { prices: new Map([['tea', 3]]) },
    'at .prices: a Map has no JSON form: give Object.fromEntries(map), or [...map]',
  ],
  [[{ 'a-b': new Set([1]) }], 'at [0]["a-b"]: a Set has no JSON form: give [...set]'],
  [new Error('declined'), 'an Error has no JSON form: give its message'],
  [{ charged: WorkflowPromise.resolve(1) }, 'at .charged: a promise has no JSON form: await it first'],
] as const) {
  test(`${told}, and where it was given`, () => {
    assert.throws(() => encodeAll([1, value], 'activity charge'), {
      name: 'TypeError',
      message: `argument 2 of activity charge: ${told}`,
    });
  });
}

test('what code itself makes of values without a JSON form is as everywhere', () => {
  assert.equal(JSON.stringify([new Map(), new Error('declined')]), '[{},{}]');
  assert.throws(() => JSON.stringify(2n), TypeError);
});

import assert from 'node:assert/strict';
import test from 'node:test';

import { type Duration, milliseconds } from '../src/duration.js';

test('texts and numbers are milliseconds, rounded up', () => {
  const cases: [Duration, number][] = [
    [5, 5],
    [0.1, 1],
    ['10s', 10_000],
    ['1.5 hours', 5_400_000],
    ['3 days', 259_200_000],
    ['250', 250],
    ['2 WEEKS', 1_209_600_000],
    ['0.5ms', 1],
  ];
  for (const [duration, expected] of cases) assert.equal(milliseconds(duration), expected, String(duration));
});

test('what is none is refused', () => {
  for (const bad of ['soon', '10 parsecs', '', Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => milliseconds(bad as Duration), /a duration is a number of milliseconds or a text/);
  }
  assert.throws(() => milliseconds(-1), /a duration cannot be negative: -1/);
});

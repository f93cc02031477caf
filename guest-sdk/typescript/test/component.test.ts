import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import { ApplicationFailure, inWorkflowContext, scheduleActivity, workflowInfo } from '@dalsegno/workflow';

import { guestOf, quickjs, starlingmonkey } from '../src/component.js';
import { defaultInfo } from './info.js';

const options = { startToCloseTimeout: '10s' } as const;

/** What an engine calls and is called with. */
function imports(called: unknown[], one: number | bigint, absent: null | undefined) {
  const note =
    (name: string, answer?: unknown) =>
    (...args: unknown[]) => (called.push([name, ...args]), answer);
  const info = { ...defaultInfo(), startTimeUs: one, parent: absent, retryPolicy: absent };
  return {
    activities: { schedule: note('schedule', one) },
    timers: {},
    children: {},
    runs: {},
    run: { fail: note('fail'), info: () => info },
    updates: {},
    telemetry: { wantsCallSites: () => false },
  } as unknown as Parameters<typeof guestOf>[1];
}

for (const [name, engine, one, absent] of [
  ['quickjs', quickjs, 1, null],
  ['starlingmonkey', starlingmonkey, 1n, undefined],
] as const) {
  test(`the values of ${name} are hidden`, () => {
    const called: unknown[][] = [];
    const main = async (): Promise<void> => {
      const none = await scheduleActivity('a', [], options);
      const { parent, startTime } = workflowInfo();
      throw ApplicationFailure.create({
        message: String([none, parent, startTime.getTime()]),
        nextRetryDelay: '1s',
      });
    };
    const guest = guestOf({ main }, imports(called, one, absent), engine);
    const started = {
      workflowType: 'main',
      input: [],
      headers: [],
      seed: new Uint8Array(32),
      carriedSignals: [],
    };
    const activation = {
      number: one,
      timeUs: one,
      replaying: false,
      historyEvents: one,
      historyBytes: one,
      reasons: [],
    };
    guest.activate({ ...activation, events: [{ tag: 'started', val: started }] });
    assert.equal((called[0]?.[3] as { startToCloseMs: unknown }).startToCloseMs, engine.wide(10_000));
    const resumption = { operation: one, outcome: { tag: 'ok', val: absent } };
    guest.activate({ ...activation, events: [{ tag: 'resumed', val: resumption }] });
    const [cause] = (
      called[1]?.[1] as { causes: { message: string; kind: { val: { nextRetryDelayMs: unknown } } }[] }
    ).causes;
    assert.equal(cause?.message, ',,0');
    assert.equal(cause?.kind.val.nextRetryDelayMs, engine.wide(1_000));
  });
}

test('making a guest leaves no run behind', () => {
  guestOf({ main: async () => undefined }, imports([], 1, null), quickjs);
  assert.equal(inWorkflowContext(), false);
});

test('a module without workflows is refused, and errors are thrown as plain failures', () => {
  assert.throws(() => guestOf({}, imports([], 1, null), quickjs), /no workflow is exported, but nothing at all/);
  const guest = guestOf({ main: async () => undefined }, imports([], 1, null), quickjs);
  const request = { id: '', name: 'any', input: [], headers: [] };
  assert.throws(
    () => guest.query(request),
    (thrown: { causes: { message: string }[] }) =>
      thrown.causes[0]?.message.startsWith('the workflow has not begun') === true,
  );
});

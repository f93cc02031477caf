import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSearchAttributeKey,
  defineSignal,
  defineWorkflow,
  deprecatePatch,
  getVersion,
  log,
  makeContinueAsNewFunc,
  metricMeter,
  patched,
  setCurrentDetails,
  setHandler,
  sleep,
  Trigger,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@dalsegno/workflow';

import type { Event } from '../src/contract.js';
import { moduleDefinition } from '../src/definitions.js';
import { workflowTypesOf } from '../src/workflow-types.js';
import { request, Rig, text } from './rig.js';

test('an error that is no failure ends the activation, not the run', () => {
  const rig = new Rig({
    main: async () => {
      throw new TypeError('oops');
    },
  });
  assert.throws(
    () => rig.activate(rig.started('main')),
    (error: Error) => error.message === 'TypeError: oops',
  );
  assert.deepEqual(rig.calls, []);
});

test('an error of a type that the workflow names fails the run', () => {
  const run = async (): Promise<void> => {
    throw new TypeError('oops');
  };
  const rig = Rig.start(defineWorkflow('main', { failureExceptionTypes: [TypeError] }, run));
  assert.deepEqual(rig.calls, ['fail application TypeError: oops']);
});

test('a chain of causes is kept, and where each was raised', () => {
  const rig = Rig.start(async () => {
    const cause = ApplicationFailure.nonRetryable('no funds', 'Declined', 42, 'EUR');
    throw ApplicationFailure.create({
      message: 'no order',
      type: 'OrderFailed',
      cause,
      nextRetryDelay: '5s',
    });
  });
  assert.deepEqual(rig.calls, ['fail application OrderFailed: no order <- application Declined: no funds']);
  const [outer, inner] = rig.failures[0]?.causes ?? [];
  assert.match(outer?.stackTrace ?? '', /^ {4}at .*:\d+:\d+/);
  assert.ok(outer?.kind.tag === 'application' && outer.kind.val.nextRetryDelayMs === 5_000);
  assert.ok(inner?.kind.tag === 'application' && inner.kind.val.nonRetryable);
  assert.deepEqual(inner.kind.val.details.map(text), ['42', '"EUR"']);
});

test('a run that the module has no type for is a bug', () => {
  const rig = new Rig({ main: () => sleep(1) });
  assert.throws(() => rig.activate(rig.started('other')), /this module has no workflow type `other`/);
  assert.throws(() => rig.query('any'), /the workflow has not begun/);
});

test('continuing as new ends the run, and carries signals that nobody took', () => {
  const main = async (n: number): Promise<void> => {
    await sleep(1);
    if (n === 0) await continueAsNew<typeof main>(n + 1);
  };
  const rig = new Rig({ main });
  rig.activate(rig.started('main', [0], [request('kept', [7])]));
  assert.deepEqual(rig.fire(1), ['continue as new [1]']);
  const { carriedSignals, workflowType, currentModule } = rig.options.at(-1) as {
    carriedSignals: { name: string }[];
    workflowType: unknown;
    currentModule: boolean;
  };
  assert.deepEqual(
    [carriedSignals.map(({ name }) => name), workflowType, currentModule],
    [['kept'], undefined, false],
  );
  assert.deepEqual(rig.activate(), []);
});

const asked: Event[] = [
  { tag: 'signalled', val: request('go') },
  { tag: 'cancel-requested', val: 'enough' },
];

/** A run whose handler continues as new. */
function switched(next: () => Promise<never>): Rig {
  return Rig.start(async () => {
    setHandler(defineSignal('go'), next);
    await condition(() => false);
  });
}

test('a request to cancel is not lost to the next run', () => {
  assert.deepEqual(switched(() => continueAsNew()).activate(...asked), ['cancelled []']);
  const apart = switched(() => CancellationScope.nonCancellable(() => continueAsNew()));
  assert.deepEqual(apart.activate(...asked), ['continue as new []']);
});

test('a failure that is made of a cancellation fails the run', () => {
  const rig = Rig.start(async () => {
    const cause = await sleep('1s').catch((error: Error) => error);
    throw ApplicationFailure.create({ message: 'not released', type: 'CleanUpFailed', cause: cause as Error });
  });
  const failure = 'application CleanUpFailed: not released <- cancelled: cancelled';
  assert.deepEqual(rig.cancel(), ['cancel timer 1', `fail ${failure}`]);
});

test('options of the next run are passed on', () => {
  const next = makeContinueAsNewFunc({
    workflowType: 'other',
    memo: { a: 1 },
    workflowRunTimeout: '1h',
    currentModule: true,
  });
  const rig = Rig.start(() => next());
  const { workflowType, memo, runTimeoutMs } = rig.options[0] as {
    workflowType: string;
    memo: [];
    runTimeoutMs: number;
  };
  assert.deepEqual([workflowType, memo.length, runTimeoutMs], ['other', 1, 3_600_000]);
});

test('patches and versions ask the host', () => {
  const rig = Rig.start(async () => {
    deprecatePatch('b');
    return [patched('a'), getVersion('c', 1, 3)];
  });
  assert.deepEqual(rig.calls, ['deprecate patch b', 'patched a', 'version c 1 3', 'complete [true,3]']);
});

test('search attributes have their types, by key or by value', () => {
  const rig = Rig.start(async () => {
    upsertSearchAttributes([
      { key: defineSearchAttributeKey('Due', 'DATETIME'), value: new Date('2001-09-09T01:46:40Z') },
      { key: defineSearchAttributeKey('Share', 'DOUBLE'), value: 3 },
      { key: defineSearchAttributeKey('Gone', 'BOOL'), value: null },
    ]);
    upsertSearchAttributes({ Count: 3, Share: 0.5, Region: 'IS', Labels: ['a'], Done: true });
    return workflowInfo().searchAttributes;
  });
  assert.equal(rig.calls[0], 'attributes Due="2001-09-09T01:46:40Z" Share=3.0 Gone=removed');
  assert.equal(rig.calls[1], 'attributes Count=3 Share=0.5 Region="IS" Labels=["a"] Done=true');
  const types = (rig.options[1] as [string, { metadata: [string, Uint8Array][] }][]).map(([, { metadata }]) =>
    new TextDecoder().decode(metadata[1]?.[1]),
  );
  assert.deepEqual(types, ['int', 'double', 'keyword', 'keyword-list', 'bool']);
  const info =
    '{"Due":"2001-09-09T01:46:40.000Z","Share":0.5,"Count":3,"Region":"IS","Labels":["a"],"Done":true}';
  assert.equal(rig.calls[2], `complete ${info}`);
});

test('the memo is set by fields, and known from then on', () => {
  const rig = Rig.start(async () => {
    upsertMemo({ step: 1, gone: null });
    setCurrentDetails('half done');
    return workflowInfo().memo;
  });
  assert.deepEqual(rig.calls, ['memo gone=removed step=1', 'details half done', 'complete {"step":1}']);
});

test('the history is that of the activation', () => {
  const rig = Rig.start(async () => {
    await sleep(1);
    return workflowInfo().historyLength;
  });
  assert.deepEqual(rig.fire(1), ['complete 6']);
});

test('logs and metrics reach the host', () => {
  const rig = Rig.start(async () => {
    log.warn('careful', { orderId: 7 });
    metricMeter.createCounter('orders').add(2);
    metricMeter.createHistogram('cents').record(2.5);
  });
  assert.deepEqual(rig.logged, ['warn careful']);
  assert.deepEqual(rig.calls, ['count orders 2', 'record cents 2.5', 'complete null']);
});

test('a trigger is settled from outside', () => {
  const rig = Rig.start(async () => {
    const paid = new Trigger<string>();
    void sleep(1).then(() => paid.resolve('receipt'));
    return await paid;
  });
  assert.deepEqual(rig.fire(1), ['complete "receipt"']);
});

test('call sites are told before the calls, where they are wanted', () => {
  const rig = new Rig({ main: () => sleep(1) });
  rig.wantsCallSites = true;
  rig.replaying = true;
  rig.activate(rig.started('main'));
  assert.equal(rig.sites.length, 1);
  assert.ok((rig.sites[0]?.length ?? 0) > 0);
});

test('a module says which workflows it has', () => {
  const described = defineWorkflow(
    'with-dashes',
    { description: 'Does it.', dynamicQueries: true },
    async () => 1,
  );
  const module = { described, plain: async () => 2, again: described, NoWorkflow: class {}, number: 3 };
  const { workflows } = moduleDefinition(workflowTypesOf(module).values());
  const told = workflows.map(({ name, description, dynamicQueries }) => [name, description, dynamicQueries]);
  assert.deepEqual(told, [
    ['with-dashes', 'Does it.', true],
    ['plain', undefined, false],
  ]);
  const clash = { 'with-dashes': async () => 1, described };
  assert.throws(() => workflowTypesOf(clash), /with-dashes: the exports with-dashes and described$/);
  const nothing = { limit: 3, Order: class {} };
  assert.throws(() => workflowTypesOf(nothing), /no workflow is exported, but limit, Order: export an/);
});

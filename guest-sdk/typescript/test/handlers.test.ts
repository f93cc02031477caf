import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  allHandlersFinished,
  ApplicationFailure,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  scheduleActivity,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setDefaultUpdateHandler,
  setHandler,
  sleep,
  upsertMemo,
} from '@dalsegno/workflow';

import { request, Rig } from './rig.js';

const add = defineSignal<[unknown]>('add', { description: 'Adds a value.' });
const values = defineQuery<unknown[]>('values');
const change = defineUpdate<unknown, [number]>('change');
const options = { startToCloseTimeout: '10s' } as const;
const never = (): Promise<void> => condition(() => false);

test('signals that came before are handled in their order when the handler is set', () => {
  const rig = new Rig({
    main: async () => {
      const heard: unknown[] = [];
      await sleep(1);
      setHandler(add, (value) => void heard.push(value));
      return heard;
    },
  });
  const signalled = (value: number) => ({ tag: 'signalled', val: request('add', [value]) }) as const;
  rig.activate(rig.started('main', [], [request('add', [0])]), signalled(1));
  rig.activate(signalled(2));
  assert.deepEqual(rig.fire(1), ['complete [0,1,2]']);
});

test('signals that came with the start are there when the main routine begins', () => {
  const rig = new Rig({
    main: async () => {
      const heard: unknown[] = [];
      setHandler(add, (value) => void heard.push(value));
      heard.push('main');
      return heard;
    },
  });
  const calls = rig.activate(rig.started('main'), { tag: 'signalled', val: request('add', [1]) });
  assert.deepEqual(calls, ['complete [1,"main"]']);
});

test('a handler begins before the main routine goes on', () => {
  const heard: string[] = [];
  const rig = Rig.start(async () => {
    setHandler(add, () => void heard.push('handler'));
    await sleep(1);
    heard.push('main');
  });
  const fired = { tag: 'resumed', val: { operation: 1, outcome: { tag: 'ok', val: undefined } } } as const;
  rig.activate(fired, { tag: 'signalled', val: request('add', [1]) });
  assert.deepEqual(heard, ['handler', 'main']);
});

test('asynchronous handlers are awaited by allHandlersFinished, and warned of otherwise', () => {
  const rig = Rig.start(async () => {
    setHandler(add, async (value) => void (await scheduleActivity('a', [value], options)));
    setHandler(defineSignal('quiet'), never, { unfinishedPolicy: 'ABANDON' });
    await sleep(1);
    await condition(allHandlersFinished, 50);
  });
  assert.deepEqual(rig.signal('add', 1), ['schedule a [1]']);
  rig.signal('quiet');
  assert.deepEqual(rig.fire(1), ['timer 50']);
  assert.deepEqual(rig.fire(3), ['complete null']);
  assert.deepEqual(rig.logged, ['warn the run closes while 1 handlers of signal add are at work']);
});

test('a failure in a signal handler fails the run, another error is a bug', () => {
  const failing = Rig.start(async () => {
    setHandler(add, async () => {
      throw ApplicationFailure.create({ type: 'Refused', message: 'no' });
    });
    await never();
  });
  assert.deepEqual(failing.signal('add', 1), ['fail application Refused: no']);
  const buggy = Rig.start(async () => {
    setHandler(add, () => {
      throw new TypeError('oops');
    });
    await never();
  });
  assert.throws(() => buggy.signal('add', 1), /TypeError: oops/);
});

test('signals that nobody took are told when the run closes', () => {
  const rig = Rig.start(() => sleep(1));
  rig.signal('add', 1);
  rig.fire(1);
  assert.deepEqual(rig.logged, ['warn the run closes without having taken 1 signals named `add`']);
});

test('queries answer, and change nothing', () => {
  const rig = Rig.start(async () => {
    setHandler(values, () => [1, 2]);
    setHandler(defineQuery('bad'), () => upsertMemo({ a: 1 }));
    setHandler(defineQuery('slow'), async () => 1);
    await never();
  });
  assert.deepEqual(rig.query('values'), [1, 2]);
  assert.throws(() => rig.query('bad'), /upsertMemo is not possible in a query: that changes nothing/);
  assert.throws(() => rig.query('slow'), /must not be asynchronous/);
  assert.throws(
    () => rig.query('absent'),
    /the workflow has no query named `absent`; it has: values, bad, slow/,
  );
});

test('an update is validated, answered at once or later, and knows its id', () => {
  const rig = Rig.start(async () => {
    setHandler(change, (n) => [n, currentUpdateInfo()?.id], {
      validator: (n) => {
        if (n < 0) throw ApplicationFailure.create({ type: 'Negative', message: `${n}` });
      },
    });
    setHandler(defineUpdate<unknown, []>('slow'), async () => {
      const value = await scheduleActivity('a', [], options);
      return [value, currentUpdateInfo()?.id];
    });
    await never();
  });
  rig.validate('change', 1);
  assert.throws(
    () => rig.validate('change', -1),
    (error) => (error as ApplicationFailure).type === 'Negative',
  );
  assert.throws(() => rig.validate('absent'), /no update named `absent`/);
  assert.deepEqual(rig.update('u1', 'change', 5), ['complete update u1 [5,"u1"]']);
  assert.deepEqual(rig.update('u2', 'slow'), ['schedule a []']);
  assert.deepEqual(rig.complete(1, 'done'), ['complete update u2 ["done","u2"]']);
});

test('an update that fails is told to its caller, the run goes on', () => {
  const rig = Rig.start(async () => {
    setHandler(change, () => {
      throw ApplicationFailure.create({ type: 'Refused', message: 'no' });
    });
    await never();
  });
  assert.deepEqual(rig.update('u', 'change', 1), ['fail update u application Refused: no']);
  assert.deepEqual(rig.activate(), []);
});

test('an update of the first activation waits for its handler, not longer', () => {
  const rig = new Rig({
    main: async () => {
      setHandler(change, (n) => n);
      await never();
    },
  });
  const update = (id: string, name: string) =>
    ({ tag: 'update-accepted', val: { ...request(name, [1]), id } }) as const;
  const calls = rig.activate(rig.started('main'), update('u1', 'change'), update('u2', 'absent'));
  assert.equal(calls[0], 'complete update u1 1');
  assert.match(calls[1] ?? '', /^fail update u2 application UnknownUpdate: /);
});

test('default handlers take what has no handler, with its name', () => {
  const heard: unknown[] = [];
  const rig = new Rig({
    main: async () => {
      setHandler(add, (value) => void heard.push(value));
      setDefaultSignalHandler((name, ...args) => void heard.push([name, args]));
      setDefaultQueryHandler((name, ...args) => [name, args]);
      setDefaultUpdateHandler((name, ...args) => [name, args], {
        validator: (name) => {
          if (name === 'forbidden') throw new Error('not this');
        },
      });
      await never();
    },
  });
  rig.activate(rig.started('main'), { tag: 'signalled', val: request('early', [0]) });
  rig.signal('add', 1);
  assert.deepEqual(heard, [['early', [0]], 1]);
  assert.deepEqual(rig.query('any', 2), ['any', [2]]);
  assert.deepEqual(rig.update('u', 'any', 3), ['complete update u ["any",[3]]']);
  assert.throws(() => rig.validate('forbidden'), /not this/);
});

test('the handlers and what is awaited are told', () => {
  const rig = new Rig({
    main: async () => {
      setHandler(add, async () => void (await scheduleActivity('a', [], options)));
      await sleep(1_500);
    },
  });
  rig.replaying = true;
  rig.activate(rig.started('main'));
  rig.signal('add', 1);
  const metadata = rig.query('__metadata') as { signals: unknown; dynamic_updates: boolean };
  assert.deepEqual(metadata.signals, [{ name: 'add', description: 'Adds a value.' }]);
  assert.equal(metadata.dynamic_updates, false);
  const trace = String(rig.query('__stack_trace')).split('\n');
  const lines = trace.filter((line) => !line.includes('called at'));
  assert.deepEqual(
    lines.map((line) => line.replace(/, at .*/, '')),
    ['run', '    timer of 1.5s (operation 1)', 'signal add', '    activity a (operation 2)'],
  );
  assert.match(lines[1] ?? '', /, at .*\d+:\d+/);
});

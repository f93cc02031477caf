import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  scheduleActivity,
  sleep,
} from '@dalsegno/workflow';

import { Rig } from './rig.js';

const options = { startToCloseTimeout: '10s' } as const;
const activity = (name: string): Promise<unknown> => scheduleActivity(name, [], options);

test('cancelling a scope reaches inwards only', () => {
  let scope: CancellationScope | undefined;
  const rig = Rig.start(async () => {
    scope = new CancellationScope();
    const inner = scope.run(() => CancellationScope.cancellable(() => activity('inner')));
    const outcome = inner.catch(isCancellation);
    await Promise.all([outcome, activity('outside')]);
    return scope.consideredCancelled;
  });
  scope?.cancel('enough');
  assert.deepEqual(rig.activate(), []);
  assert.deepEqual(rig.calls.slice(2), ['cancel activity 1']);
  assert.deepEqual(rig.complete(2), ['complete true']);
});

test('clean-up that is not cancellable goes on when the run is cancelled', () => {
  const rig = Rig.start(async () => {
    try {
      await activity('work');
    } catch (error) {
      await CancellationScope.nonCancellable(() => activity('clean-up'));
      throw error;
    }
  });
  assert.deepEqual(rig.cancel(), ['cancel activity 1', 'schedule clean-up []']);
  assert.deepEqual(rig.complete(2), ['cancelled []']);
});

test('what is not cancellable goes on when the run is cancelled meanwhile', () => {
  const rig = Rig.start(() =>
    CancellationScope.nonCancellable(() => CancellationScope.cancellable(() => activity('work'))),
  );
  assert.deepEqual(rig.cancel(), []);
  assert.deepEqual(rig.complete(1, 'done'), ['complete "done"']);
});

test('a time limit cancels what takes longer, and its timer else', () => {
  const rig = Rig.start(async () => {
    const first = await CancellationScope.withTimeout('1s', () => activity('quick'));
    const second = await CancellationScope.withTimeout('2s', () => activity('slow')).catch(isCancellation);
    return [first, second];
  });
  assert.deepEqual(rig.calls, ['timer 1000', 'schedule quick []']);
  assert.deepEqual(rig.complete(2, 'in time'), ['cancel timer 1', 'timer 2000', 'schedule slow []']);
  assert.deepEqual(rig.fire(3), ['cancel activity 4', 'complete ["in time",true]']);
});

test('waits are cancelled in the order in which they began, with the reason', () => {
  const rig = Rig.start(() =>
    Promise.all([activity('a'), sleep(1), condition(() => false, 5), activity('b')]),
  );
  const calls = rig.cancel('the shop is closed');
  assert.deepEqual(calls.slice(0, 4), [
    'cancel activity 1',
    'cancel timer 2',
    'cancel timer 3',
    'cancel activity 4',
  ]);
  assert.deepEqual(calls.slice(4), ['cancelled []']);
});

test('cancelRequested tells code that nothing else tells', () => {
  const rig = Rig.start(() =>
    CancellationScope.nonCancellable(async () => {
      const scope = CancellationScope.current();
      const told = scope.cancelRequested.catch((error: CancelledFailure) => error.message);
      return [await told, scope.consideredCancelled];
    }),
  );
  assert.deepEqual(rig.cancel('why not'), ['complete ["cancelled: why not",false]']);
  const direct = Rig.start(
    async () => await CancellationScope.current().cancelRequested.catch((error) => error.message),
  );
  assert.deepEqual(direct.cancel('why not'), ['complete "cancelled: why not"']);
});

test('a failure that is no answer to a request to cancel is a failure', () => {
  const rig = Rig.start(async () => {
    await sleep(1);
    throw new CancelledFailure('of my own');
  });
  assert.deepEqual(rig.fire(1), ['fail cancelled: of my own']);
});

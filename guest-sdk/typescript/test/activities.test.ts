import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  scheduleActivity,
} from '@dalsegno/workflow';

import { activityFailure, Rig } from './rig.js';

const options = { startToCloseTimeout: '10s' } as const;
const activities = proxyActivities<{ echo<T>(value: T): Promise<T> }>(options);

test('activities in sequence are scheduled one after the other', () => {
  const rig = Rig.start(async () => (await activities.echo('a')) + (await activities.echo('b')));
  assert.deepEqual(rig.calls, ['schedule echo ["a"]']);
  assert.deepEqual(rig.complete(1, 'A'), ['schedule echo ["b"]']);
  assert.deepEqual(rig.complete(2, 'B'), ['complete "AB"']);
});

test('activities in parallel are scheduled at once, and end in any order', () => {
  const rig = Rig.start(() => Promise.all([activities.echo(1), activities.echo(2)]));
  assert.deepEqual(rig.calls, ['schedule echo [1]', 'schedule echo [2]']);
  assert.deepEqual(rig.complete(2, 'second'), []);
  assert.deepEqual(rig.complete(1, 'first'), ['complete ["first","second"]']);
});

test('options are those that are given, and nothing else', () => {
  const rig = Rig.start(() =>
    scheduleActivity('a', [], { ...options, retry: { maximumAttempts: 3 }, summary: 'why' }),
  );
  assert.deepEqual(rig.options[0], {
    activityId: undefined,
    scheduleToCloseMs: undefined,
    startToCloseMs: 10_000,
    retryPolicy: {
      initialIntervalMs: undefined,
      backoffCoefficient: undefined,
      maximumIntervalMs: undefined,
      maximumAttempts: 3,
      nonRetryableErrorTypes: [],
    },
    cancellationType: 'try-cancel',
    summary: 'why',
    headers: [],
    extensions: [],
    taskQueue: undefined,
    scheduleToStartMs: undefined,
    heartbeatMs: undefined,
  });
});

test('without a time limit an activity is refused where it is proxied', () => {
  assert.throws(
    () => proxyActivities({}),
    /needs a time limit: set startToCloseTimeout or scheduleToCloseTimeout/,
  );
});

test('a failure that nobody catches fails the run as it is', () => {
  const rig = Rig.start(() => activities.echo('x'));
  assert.deepEqual(rig.fail(1, activityFailure('Declined', 'no funds')), [
    'fail activity: activity failed <- application Declined: no funds',
  ]);
  const [outer, cause] = rig.failures[0]?.causes ?? [];
  assert.match(outer?.stackTrace ?? '', /^ {4}at .*:\d+:\d+/);
  assert.equal(cause?.stackTrace, 'at the worker');
});

test('a failure that is caught tells why', () => {
  const rig = Rig.start(async () => {
    try {
      return await activities.echo('x');
    } catch (error) {
      assert.ok(error instanceof ActivityFailure && error.cause instanceof ApplicationFailure);
      return [error.activityType, error.attempts, error.retryState, error.cause.type, error.cause.details];
    }
  });
  const calls = rig.fail(1, activityFailure('Declined', 'no funds'));
  assert.deepEqual(calls, ['complete ["a",2,"MAXIMUM_ATTEMPTS_REACHED","Declined",[51]]']);
});

test('a request to cancel reaches what is awaited', () => {
  const rig = Rig.start(() => activities.echo('x'));
  assert.deepEqual(rig.cancel('enough'), ['cancel activity 1', 'cancelled []']);
});

test('an activity whose end is awaited ends when it ends', () => {
  const rig = Rig.start(async () => {
    try {
      return await activities.echo('x');
    } catch (error) {
      return isCancellation(error);
    }
  });
  rig.cancels = false;
  assert.deepEqual(rig.cancel(), ['cancel activity 1']);
  assert.deepEqual(rig.complete(1, 'after all'), ['complete "after all"']);
});

test('a local activity has options of its own', () => {
  const rig = Rig.start(
    () => proxyLocalActivities({ ...options, localRetryThreshold: '5s' })['echo']?.(1) as Promise<unknown>,
  );
  assert.deepEqual(rig.calls, ['schedule local echo [1]']);
  assert.equal((rig.options[0] as { localRetryThresholdMs: number }).localRetryThresholdMs, 5_000);
});

test('an activity in a scope that is cancelled already is refused', () => {
  const rig = Rig.start(async () => {
    await activities.echo('x').catch(() => undefined);
    return await activities.echo('y');
  });
  assert.deepEqual(rig.cancel(), ['cancel activity 1', 'cancelled []']);
});

test('a failure that nobody awaits is told, a bug that nobody awaits ends the activation', () => {
  const rig = Rig.start(async () => {
    void activities.echo('x');
    await activities.echo('y');
  });
  rig.fail(1, activityFailure('Declined', 'no funds'));
  assert.deepEqual(rig.logged, ['warn nobody waits for what failed: ActivityFailure: activity failed']);
  const buggy = new Rig({
    main: async () => {
      void (async () => {
        throw new RangeError('lost');
      })();
      await activities.echo('y');
    },
  });
  assert.throws(() => buggy.activate(buggy.started('main')), /RangeError: lost/);
});

import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import { condition, sleep } from '@dalsegno/workflow';
import { timers } from '../src/globals/timers.js';

import { Rig } from './rig.js';

const { setTimeout, clearTimeout, setInterval, clearInterval } = timers;

test('a sleep is a timer', () => {
  const rig = Rig.start(() => sleep('3 days', { summary: 'a while' }));
  assert.deepEqual(rig.calls, ['timer 259200000']);
  assert.deepEqual(rig.options[0], { summary: 'a while' });
  assert.deepEqual(rig.fire(1), ['complete null']);
});

test('a negative sleep is a bug', () => {
  const rig = new Rig({ main: () => sleep(-1) });
  assert.throws(() => rig.activate(rig.started('main')), /the duration of a timer cannot be negative: -1/);
});

test('a condition that holds starts no timer', () => {
  const rig = Rig.start(() => condition(() => true, '1h'));
  assert.deepEqual(rig.calls, ['complete true']);
});

test('a condition that is met cancels its timer before all else', () => {
  let isMet = false;
  const waiting = Rig.start(async () => [await condition(() => isMet, '1h'), await sleep(5)]);
  assert.deepEqual(waiting.calls, ['timer 3600000']);
  isMet = true;
  assert.deepEqual(waiting.activate(), ['cancel timer 1', 'timer 5']);
});

test('a condition whose time is over gives false, unless it holds just then', () => {
  let isMet = false;
  const rig = Rig.start(() => condition(() => isMet, '1h'));
  assert.deepEqual(rig.fire(1), ['complete false']);
  const met = Rig.start(() => condition(() => isMet, '1h'));
  isMet = true;
  assert.deepEqual(met.fire(1), ['complete true']);
});

test('when code goes on, its condition holds', () => {
  let free = 1;
  const taken: string[] = [];
  const take = async (name: string): Promise<void> => {
    await condition(() => free > 0);
    free -= 1;
    taken.push(name);
    assert.equal(free, 0);
  };
  free = 0;
  const rig = Rig.start(() => Promise.all([take('a'), take('b')]));
  free = 1;
  rig.activate();
  assert.deepEqual(taken, ['a']);
  free = 1;
  assert.deepEqual(rig.activate(), ['complete [null,null]']);
});

test('a predicate that throws is a bug of its waiting code', () => {
  let isBroken = false;
  const rig = new Rig({
    main: () =>
      condition(() => {
        if (isBroken) throw new TypeError('broken');
        return false;
      }),
  });
  rig.activate(rig.started('main'));
  isBroken = true;
  assert.throws(() => rig.activate(), /TypeError: broken/);
});

test('setTimeout and setInterval are timers, and can be cleared', () => {
  const heard: string[] = [];
  const rig = Rig.start(async () => {
    setTimeout((word) => heard.push(String(word)), 10, 'timeout');
    const cleared = setTimeout(() => heard.push('never'), 20);
    const interval = setInterval(() => heard.push('interval') === 3 && clearInterval(interval), 30);
    clearTimeout(cleared);
    await condition(() => heard.length === 3);
    return heard;
  });
  assert.deepEqual(rig.calls, ['timer 10', 'timer 20', 'timer 30', 'cancel timer 2']);
  assert.deepEqual(rig.fire(1), []);
  assert.deepEqual(rig.fire(3), ['timer 30']);
  assert.deepEqual(rig.fire(4), ['complete ["timeout","interval","interval"]']);
});

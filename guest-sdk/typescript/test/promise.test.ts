import './globals.js';
import assert from 'node:assert/strict';
import test from 'node:test';

import { type Context, currentContext, runIn } from '../src/context.js';
import { takeUnhandled, WorkflowPromise as P } from '../src/promise.js';
import { clearJobs, runJobs } from '../src/queue.js';

function drained(code: (note: (word: unknown) => void) => void): unknown[] {
  clearJobs();
  const notes: unknown[] = [];
  code((word) => void notes.push(word));
  runJobs({ isOver: false });
  return notes;
}

test('reactions run in the order in which they became ready', () => {
  const notes = drained((note) => {
    P.resolve(1)
      .then(() => note('a'))
      .then(() => note('c'));
    P.resolve(2)
      .then(() => note('b'))
      .then(() => note('d'));
    note('first');
  });
  assert.deepEqual(notes, ['first', 'a', 'b', 'c', 'd']);
});

test('a promise is settled once', () => {
  const notes = drained((note) => {
    new P((resolve, reject) => {
      resolve('one');
      reject(new Error('two'));
      resolve('three');
    }).then(note, note);
  });
  assert.deepEqual(notes, ['one']);
  const first = drained((note) => {
    const slow = P.pending<string>();
    new P((resolve) => {
      resolve(slow);
      resolve('later');
    }).then(note);
    slow.resolve('slow');
  });
  assert.deepEqual(first, ['slow']);
});

test('a thenable is followed, and one that throws rejects', () => {
  const thenable = { then: (resolve: (value: string) => void): void => resolve('followed') };
  const throwing = {
    get then(): never {
      throw 'refused';
    },
  };
  const notes = drained((note) => {
    P.resolve(thenable).then(note);
    P.resolve(throwing).then(undefined, note);
  });
  assert.deepEqual(notes.sort(), ['followed', 'refused']);
});

test('async functions await ours, and throw what is thrown to them', () => {
  const notes = drained((note) => {
    const twice = async (value: number): Promise<number> => 2 * (await P.resolve(value));
    const careful = async (): Promise<unknown> => {
      try {
        return await P.reject('refused');
      } catch (error) {
        return `caught: ${String(error)}`;
      }
    };
    const careless = async (value = ((): number => fail('default'))()): Promise<number> => value;
    twice(21).then(note);
    careful().then(note);
    careless().catch((error: Error) => note(error.message));
  });
  assert.deepEqual(notes.sort(), [42, 'caught: refused', 'default']);
});

function fail(message: string): never {
  throw new Error(message);
}

test('an async function goes on in the turn after what it awaits, and its caller after it', () => {
  const notes = drained((note) => {
    const inner = async (): Promise<void> => note(await P.resolve('a'));
    const outer = async (): Promise<void> => {
      await inner();
      note('d');
    };
    void outer();
    P.resolve('b')
      .then(note)
      .then(() => note('c'));
  });
  assert.deepEqual(notes, ['a', 'b', 'd', 'c']);
});

test('the context of an async function stays its own', () => {
  const context = { task: { name: 'mine' } } as Context;
  const notes = drained((note) => {
    const named = async (): Promise<void> => {
      await P.resolve();
      note(currentContext()?.task.name);
    };
    void runIn(context, named);
    P.resolve().then(() => note(currentContext()?.task.name ?? 'none'));
  });
  assert.deepEqual(notes, ['mine', 'none']);
});

test('all, allSettled, race and any do as the language says', () => {
  const late = P.pending<string>();
  const notes = drained((note) => {
    P.all([1, P.resolve(2)]).then(note);
    P.all([]).then(note);
    P.allSettled([P.reject('no'), 1]).then(note);
    P.race([late, P.resolve('fast')]).then(note);
    P.any([P.reject('no'), P.resolve('yes')]).then(note);
    P.any([P.reject('no')]).then(undefined, (error: AggregateError) => note(error.errors));
    P.all([P.reject('refused'), 1]).then(undefined, note);
  });
  const settled = [
    { status: 'rejected', reason: 'no' },
    { status: 'fulfilled', value: 1 },
  ];
  for (const expected of [[1, 2], [], settled, 'fast', 'yes', ['no'], 'refused']) {
    assert.ok(
      notes.some((note) => JSON.stringify(note) === JSON.stringify(expected)),
      JSON.stringify(expected),
    );
  }
  assert.equal(notes.length, 7);
});

test('finally waits, and changes neither value nor reason', () => {
  const notes = drained((note) => {
    P.resolve('value')
      .finally(() => note('a'))
      .then(note);
    P.reject('reason')
      .finally(() => 'ignored')
      .then(undefined, note);
  });
  assert.deepEqual(notes.sort(), ['a', 'reason', 'value']);
});

test('a rejection is unhandled until somebody listens', () => {
  drained(() => {
    const promise = P.reject('handled later');
    P.reject('nobody');
    promise.catch(() => undefined);
  });
  assert.deepEqual(takeUnhandled(), ['nobody']);
  assert.deepEqual(takeUnhandled(), []);
});

test('a promise of the engine itself is refused: nobody would settle it', () => {
  const engineMade = (new Function('return (async () => 1)()') as () => Promise<number>)();
  const [refused] = drained((note) => void P.resolve(engineMade).then(undefined, note));
  assert.match(String(refused), /TypeError: a promise that the engine itself made cannot be awaited/);
});

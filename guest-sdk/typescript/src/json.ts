/** Values as JSON, without those that would silently become `{}`. */

import { WorkflowPromise } from './promise.js';

/** What to give instead of an object of these classes. */
const INSTEAD: [{ readonly prototype: object }, string][] = [
  [BigInt, 'a BigInt has no JSON form: give String(value), or Number(value)'],
  [Map, 'a Map has no JSON form: give Object.fromEntries(map), or [...map]'],
  [Set, 'a Set has no JSON form: give [...set]'],
  [WeakMap, 'a WeakMap has no JSON form'],
  [WeakSet, 'a WeakSet has no JSON form'],
  [RegExp, 'a RegExp has no JSON form: give its source'],
  [ArrayBuffer, 'an ArrayBuffer has no JSON form: give new Uint8Array(buffer)'],
  [Error, 'an Error has no JSON form: give its message'],
  [WorkflowPromise, 'a promise has no JSON form: await it first'],
];

let isEncoding = false;

/** The JSON of a value; `undefined` if it has none. */
export function toJson(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  isEncoding = true;
  try {
    return JSON.stringify(value);
  } finally {
    isEncoding = false;
  }
}

/**
 * Lets the classes refuse. Only in values for the host: what a package makes of `JSON.stringify` for itself is as
 * everywhere.
 */
export function refuseWithoutJson(): void {
  for (const [{ prototype }, why] of INSTEAD) {
    const toJSON = function (this: unknown): unknown {
      if (isEncoding) throw new TypeError(why);
      return this;
    };
    Object.defineProperty(prototype, 'toJSON', { value: toJSON, writable: true, configurable: true });
  }
}

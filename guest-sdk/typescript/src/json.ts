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

/** A value that refuses to be encoded. */
class Refusal extends TypeError {
  constructor(
    readonly value: unknown,
    why: string,
  ) {
    super(why);
  }
}

/** What JSON.stringify writes of a half of a surrogate pair: readers that are strict take it for no text. */
const HALF_PAIR = /^\\ud[89a-f]/;
const ESCAPE = /\\(?:u[0-9a-f]{4}|[^])/g;
const REPLACEMENT = '\uFFFD';

let isEncoding = false;

/** The JSON of a value; `undefined` if it has none. Half of a surrogate pair is replaced, as TextEncoder does. */
export function toJson(value: unknown): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  isEncoding = true;
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const path = pathTo(error.value, value, new Set());
    throw path ? new TypeError(`at ${path}: ${error.message}`) : error;
  } finally {
    isEncoding = false;
  }
  if (!text?.includes('\\ud')) return text;
  return text.replace(ESCAPE, (escape) => (HALF_PAIR.test(escape) ? REPLACEMENT : escape));
}

/** Where a value stands within another: `.prices[0]`; `undefined` if an object's own `toJSON` made it. */
function pathTo(wanted: unknown, value: unknown, seen: Set<unknown>): string | undefined {
  if (value === wanted) return '';
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const [key, field] of Object.entries(value)) {
    const rest = pathTo(wanted, field, seen);
    if (rest !== undefined) return step(key, Array.isArray(value)) + rest;
  }
  return undefined;
}

function step(key: string, isIndex: boolean): string {
  if (isIndex) return `[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/**
 * Lets the classes refuse. Only in values for the host: what a package makes of `JSON.stringify` for itself is as
 * everywhere.
 */
export function refuseWithoutJson(): void {
  for (const [{ prototype }, why] of INSTEAD) {
    const toJSON = function (this: unknown): unknown {
      if (isEncoding) throw new Refusal(this, why);
      return this;
    };
    Object.defineProperty(prototype, 'toJSON', { value: toJSON, writable: true, configurable: true });
  }
}

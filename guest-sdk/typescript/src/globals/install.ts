/** Makes the global things of JavaScript deterministic. Imported before all user code. */

import { refuseWithoutJson } from '../json.js';
import { WorkflowPromise } from '../promise.js';
import { limitFrames } from '../stack.js';
import { console } from './console.js';
import { crypto } from './crypto.js';
import { WorkflowDate } from './date.js';
import { forbidden } from './forbidden.js';
import { random } from './math.js';
import { performance } from './performance.js';
import { TextDecoder, TextEncoder } from './text.js';
import { timers } from './timers.js';

function queueMicrotask(code: () => void): void {
  WorkflowPromise.resolve().then(code);
}

/** Bytes within JSON are a list of numbers, as in the other languages. */
function bytesToJson(this: Uint8Array): number[] {
  return Array.from(this);
}

/** Puts all of them into a global object. */
export function install(global: object): void {
  const replacements = {
    Promise: WorkflowPromise,
    Date: WorkflowDate,
    console,
    crypto,
    performance,
    queueMicrotask,
  };
  const absent = { TextEncoder, TextDecoder };
  for (const [name, value] of Object.entries({ ...replacements, ...timers, ...forbidden }))
    define(global, name, value);
  for (const [name, value] of Object.entries(absent)) if (!(name in global)) define(global, name, value);
  define(Math, 'random', random);
  define(Uint8Array.prototype, 'toJSON', bytesToJson);
  refuseWithoutJson();
  limitFrames();
  // It waits for promises of the engine's own, which nobody settles here.
  Reflect.deleteProperty(Array, 'fromAsync');
}

function define(target: object, name: string, value: unknown): void {
  Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable: false });
}

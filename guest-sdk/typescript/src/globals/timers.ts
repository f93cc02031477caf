/** `setTimeout` and its like: durable timers. */

import { Failure, isCancellation } from '../failures.js';
import type { Operation } from '../operation.js';
import { currentRuntime } from '../runtime.js';
import { startTimer } from '../timer.js';

type Callback = (...args: unknown[]) => unknown;

const running = new Map<number, Operation<void>>();
let begun = 0;

function setTimeout(callback: Callback, ms = 0, ...args: unknown[]): number {
  begun += 1;
  return start(begun, callback, ms, args, false);
}

function setInterval(callback: Callback, ms = 0, ...args: unknown[]): number {
  begun += 1;
  return start(begun, callback, ms, args, true);
}

function start(id: number, callback: Callback, ms: number, args: unknown[], isRepeated: boolean): number {
  if (typeof callback !== 'function') throw new TypeError('a timer needs a function');
  const timer = startTimer(Math.max(0, Number(ms) || 0));
  running.set(id, timer);
  timer.outcome.then(
    () => {
      if (!isRepeated) running.delete(id);
      call(callback, args);
      // An interval that its function has not cleared.
      if (running.get(id) === timer) start(id, callback, ms, args, true);
    },
    () => running.delete(id),
  );
  return id;
}

function clear(id: number | undefined): void {
  if (id === undefined) return;
  const timer = running.get(id);
  running.delete(id);
  timer?.cancel('');
}

/** Nobody waits for what a timer's function throws. */
function call(callback: Callback, args: unknown[]): void {
  const runtime = currentRuntime();
  try {
    callback(...args);
  } catch (error) {
    if (isCancellation(error)) return;
    if (error instanceof Failure) runtime.host.log('warn', `a timer's function failed: ${error}`, []);
    else runtime.reportBug(error);
  }
}

export const timers = { setTimeout, setInterval, clearTimeout: clear, clearInterval: clear };

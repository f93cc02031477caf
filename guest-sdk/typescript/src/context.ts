/** Which part of the run the present code belongs to. It follows the code through every `await`. */

import type { CancellationScope } from './scope.js';

export interface Context {
  readonly scope: CancellationScope;
  readonly task: Task;
  readonly update: UpdateInfo | undefined;
}

/** The main routine, or a handler. */
export interface Task {
  readonly name: string;
}

/** Which update it is. */
export interface UpdateInfo {
  /** Chosen by the caller; the same if the caller repeats the update. */
  readonly id: string;
  readonly name: string;
}

let present: Context | undefined;

export function currentContext(): Context | undefined {
  return present;
}

/** Changes the context; returns the former one. */
export function enterContext(context: Context | undefined): Context | undefined {
  const outer = present;
  present = context;
  return outer;
}

export function runIn<R>(context: Context | undefined, code: () => R): R {
  const outer = enterContext(context);
  try {
    return code();
  } finally {
    enterContext(outer);
  }
}

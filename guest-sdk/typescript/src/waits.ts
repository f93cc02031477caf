/** Everything that waits, listed for people. */

import type { Task } from './context.js';
import type { CancellationScope } from './scope.js';
import { frames } from './stack.js';

export interface Wait {
  readonly task: Task;
  readonly scope: CancellationScope;
  /** Of the call; empty if it was not kept. */
  readonly stack: string;
  /** For people: `activity charge (operation 3)`. */
  readonly describe: () => string;
}

export class Waits {
  private readonly entries = new Map<number, Wait>();
  private begun = 0;

  /** Counted from 1 in the order in which they began to wait. */
  enter(wait: Wait): number {
    this.begun += 1;
    this.entries.set(this.begun, wait);
    return this.begun;
  }

  leave(number: number): void {
    this.entries.delete(number);
  }

  /** What a task waits for, a line each, followed by lines with the callers as far as they are known. */
  lines(task: Task): string[] {
    const waits = [...this.entries.values()].filter((wait) => wait.task === task);
    return waits.flatMap((wait) => {
      const [at, ...callers] = frames(wait.stack);
      const line = `${wait.describe()}${at === undefined ? '' : `, at ${at}`}${wait.scope.describe()}`;
      return [line, ...callers.map((caller) => `    called at ${caller}`)];
    });
  }
}

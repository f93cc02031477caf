/** Everything that waits: listed for people, and told of cancellations. */

import type { Task } from './context.js';
import type { CancellationScope } from './scope.js';
import { frames } from './stack.js';

export interface Wait {
  readonly task: Task;
  readonly scope: CancellationScope;
  /** Of the call; empty if it was not kept. */
  readonly stack: string;
  /** For people: `activity charge (operation 3)`. */
  describe(): string;
  /** Its scope is cancelled. One that has ended already takes no notice. */
  cancel(reason: string): void;
}

export class Waits {
  /** In the order in which they began to wait. */
  private readonly entries = new Set<Wait>();

  enter(wait: Wait): void {
    this.entries.add(wait);
  }

  leave(wait: Wait): void {
    this.entries.delete(wait);
  }

  /** Tells all that wait in these scopes. */
  cancel(scopes: Set<CancellationScope>, reason: string): void {
    for (const wait of [...this.entries]) {
      if (scopes.has(wait.scope)) wait.cancel(reason);
    }
  }

  /** What a task waits for, a line each, followed by lines with the callers as far as they are known. */
  lines(task: Task): string[] {
    const waits = [...this.entries].filter((wait) => wait.task === task);
    return waits.flatMap((wait) => {
      const [at, ...callers] = frames(wait.stack);
      const line = `${wait.describe()}${at === undefined ? '' : `, at ${at}`}${wait.scope.describe()}`;
      return [line, ...callers.map((caller) => `    called at ${caller}`)];
    });
  }
}

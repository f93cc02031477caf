/** Signals and updates that came before there was a handler for them, in the order in which they came. */

import type { Request } from './contract.js';

export class RequestBuffer {
  private requests: Request[] = [];

  push(request: Request): void {
    this.requests.push(request);
  }

  /** Takes the oldest that is wanted. */
  take(isWanted: (request: Request) => boolean): Request | undefined {
    const index = this.requests.findIndex(isWanted);
    return index < 0 ? undefined : this.requests.splice(index, 1)[0];
  }

  takeAll(): Request[] {
    return this.requests.length === 0 ? [] : this.requests.splice(0);
  }

  /** The names in alphabetical order, and how many there are of each. */
  numbers(): [string, number][] {
    const numbers = new Map<string, number>();
    for (const { name } of this.requests) numbers.set(name, (numbers.get(name) ?? 0) + 1);
    return [...numbers].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

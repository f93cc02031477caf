/** Figures for operators. Those of a replay or of a failed activation are dropped. */

import type { Named } from './contract.js';
import { currentRuntime } from './runtime.js';

type Tags = Record<string, string | number | boolean>;

export interface Counter {
  add(value: number, tags?: Tags): void;
}

export interface Histogram {
  record(value: number, tags?: Tags): void;
}

export const metricMeter = {
  /** Adds to a counter of the host. */
  createCounter(name: string): Counter {
    return { add: (value, tags) => currentRuntime().host.count(name, value, named(tags)) };
  },

  /** Adds values to a histogram of the host. */
  createHistogram(name: string): Histogram {
    return { record: (value, tags) => currentRuntime().host.record(name, value, named(tags)) };
  },
};

function named(tags: Tags = {}): Named<string> {
  return Object.entries(tags).map(([name, value]) => [name, String(value)]);
}

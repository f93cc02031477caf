import { currentRuntime } from '../runtime.js';
import { now } from './date.js';

/** Milliseconds since the run began, by the activation's time: nothing can be measured with it. */
export const performance = {
  now: (): number => (currentRuntime().timeUs - currentRuntime().info.startTimeUs) / 1_000,
  get timeOrigin(): number {
    return now() - performance.now();
  },
};

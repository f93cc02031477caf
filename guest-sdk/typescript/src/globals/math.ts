import { tryCurrentRuntime } from '../runtime.js';

/** From the run's seed. */
export function random(): number {
  const runtime = tryCurrentRuntime();
  if (runtime !== undefined) return runtime.random.number();
  throw new Error(
    'there is no randomness before a run: call Math.random inside of a workflow function, not at the top of a module',
  );
}

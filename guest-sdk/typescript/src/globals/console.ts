/** `console` writes to the run's log. */

import type { Level } from '../contract.js';
import { readable, write } from '../log.js';

const to =
  (level: Level) =>
  (...values: unknown[]): void =>
    write(level, values.map(readable).join(' '));

export const console = {
  trace: to('trace'),
  debug: to('debug'),
  log: to('info'),
  info: to('info'),
  warn: to('warn'),
  error: to('error'),
  assert: (holds: unknown, ...values: unknown[]): void => {
    if (!holds) to('error')('assertion failed:', ...values);
  },
};

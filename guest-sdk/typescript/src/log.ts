/** The run's log. Entries of a replay or of a failed activation are dropped. */

import type { Level, Named } from './contract.js';
import { tryCurrentRuntime } from './runtime.js';

type Fields = Record<string, unknown>;
type Log = (message: string, fields?: Fields) => void;

export interface Logger {
  trace: Log;
  debug: Log;
  info: Log;
  warn: Log;
  error: Log;
}

/** A message with named values: `log.info('charged', { orderId, cents })`. */
export const log: Logger = {
  trace: (message, fields) => write('trace', message, fields),
  debug: (message, fields) => write('debug', message, fields),
  info: (message, fields) => write('info', message, fields),
  warn: (message, fields) => write('warn', message, fields),
  error: (message, fields) => write('error', message, fields),
};

/** Before a run there is nobody to tell. */
export function write(level: Level, message: string, fields: Fields = {}): void {
  const named = Object.entries(fields).map(([name, value]): [string, string] => [name, readable(value)]);
  tryCurrentRuntime()?.host.log(level, message, named satisfies Named<string>);
}

/** A value as a text for people. */
export function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error)
    return value.stack?.includes(value.message) ? value.stack : `${value}\n${value.stack ?? ''}`;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

import type { Named, Payload } from './contract.js';
import { encodeNamed } from './payload.js';

/** What every call may carry: a line for people, and values that travel beside the arguments. */
export function attributesOfCall(options: {
  summary?: string | undefined;
  headers?: Record<string, unknown> | undefined;
}): { summary: string | undefined; headers: Named<Payload>; extensions: Named<Payload> } {
  return { summary: options.summary, headers: encodeNamed(options.headers), extensions: [] };
}

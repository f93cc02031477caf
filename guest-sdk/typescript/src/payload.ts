/** Values between JavaScript and the host: JSON, and bytes as they are. */

import type { Payload } from './contract.js';
import { toJson } from './json.js';
import { decodeUtf8, encodeUtf8 } from './utf8.js';

const ENCODING = 'encoding';
const JSON_PLAIN = 'json/plain';
const BINARY_PLAIN = 'binary/plain';
const BINARY_NULL = 'binary/null';

const JSON_METADATA: [string, Uint8Array][] = [[ENCODING, encodeUtf8(JSON_PLAIN)]];
const BINARY_METADATA: [string, Uint8Array][] = [[ENCODING, encodeUtf8(BINARY_PLAIN)]];

/**
 * A payload that is neither read nor written: what the SDK has no reading for arrives as one, and one that is given is
 * passed on as it is.
 */
export class RawValue {
  constructor(readonly payload: Payload) {}
}

/** A value as a payload. `undefined` is `null`; a `Uint8Array` is bytes, all else is JSON. */
export function encodeValue(value: unknown): Payload {
  if (value instanceof RawValue) return value.payload;
  if (value instanceof Uint8Array) return { metadata: BINARY_METADATA, data: value };
  const text = toJson(value === undefined ? null : value);
  if (text === undefined) throw new TypeError(`a ${typeof value} has no JSON form`);
  return jsonPayload(text);
}

export function jsonPayload(text: string): Payload {
  return { metadata: JSON_METADATA, data: encodeUtf8(text) };
}

/** The arguments of a call. */
export function encodeAll(values: readonly unknown[], what: string): Payload[] {
  const payloads: Payload[] = [];
  try {
    for (const value of values) payloads.push(encodeValue(value));
  } catch (error) {
    throw new TypeError(`argument ${payloads.length + 1} of ${what}: ${(error as Error).message}`);
  }
  return payloads;
}

/** What user code gave back, which no frame tells of: `what` says whose it is. */
export function encodeResult(value: unknown, what: string): Payload {
  try {
    return encodeValue(value);
  } catch (error) {
    throw new TypeError(`the result of ${what}: ${(error as Error).message}`);
  }
}

/** Headers and memo fields. */
export function encodeNamed(values: Record<string, unknown> | undefined): [string, Payload][] {
  return Object.entries(values ?? {}).map(([name, value]) => [name, encodeValue(value)]);
}

/** The value of a payload; `undefined` of none. */
export function decodeValue(payload: Payload | null | undefined): unknown {
  if (payload == null) return undefined;
  switch (encodingOf(payload)) {
    case JSON_PLAIN:
      return JSON.parse(decodeUtf8(payload.data));
    case BINARY_PLAIN:
      return payload.data;
    case BINARY_NULL:
      return undefined;
    default:
      return new RawValue(payload);
  }
}

export function decodeAll(payloads: readonly Payload[]): unknown[] {
  return payloads.map(decodeValue);
}

export function decodeNamed(payloads: readonly [string, Payload][]): Record<string, unknown> {
  return Object.fromEntries(payloads.map(([name, payload]) => [name, decodeValue(payload)]));
}

function encodingOf(payload: Payload): string {
  for (const [key, value] of payload.metadata) {
    if (key === ENCODING) return decodeUtf8(value);
  }
  return JSON_PLAIN;
}

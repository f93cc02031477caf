import { currentRuntime } from './runtime.js';

/** A random UUID, the same when the run is replayed. */
export function uuid4(): string {
  const bytes = randomBytes(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return hexadecimal(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** An id that no other run makes: 32 hexadecimal digits. */
export function randomId(): string {
  return hexadecimal(randomBytes(16));
}

/** Random bytes, the same when the run is replayed. 65,536 at most. */
export function randomBytes(length: number): Uint8Array {
  return currentRuntime().host.randomBytes(length);
}

function hexadecimal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

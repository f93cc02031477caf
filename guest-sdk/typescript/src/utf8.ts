/**
 * Texts as UTF-8. Where the engine has no `TextEncoder` (QuickJS), its functions for base 64 carry the bytes, so that no
 * loop over the characters runs in an interpreter.
 */

interface Base64 {
  btoa(text: string): string;
  atob(text: string): string;
  escape(text: string): string;
  unescape(text: string): string;
  TextEncoder?: new () => { encode(text: string): Uint8Array };
  TextDecoder?: new (label: string, options: object) => { decode(bytes: Uint8Array): string };
}

interface Bytes {
  toBase64(): string;
}

const engine = globalThis as unknown as Base64;
const fromBase64 = (Uint8Array as unknown as { fromBase64(text: string): Uint8Array }).fromBase64;
const encoder = engine.TextEncoder && new engine.TextEncoder();
const decoder = engine.TextDecoder && new engine.TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const ASCII = /^[\x00-\x7f]*$/;

export const encodeUtf8: (text: string) => Uint8Array = encoder ? (text) => encoder.encode(text) : encode;

/** @throws if the bytes are no UTF-8. */
export const decodeUtf8: (bytes: Uint8Array) => string = decoder ? (bytes) => decoder.decode(bytes) : decode;

function encode(text: string): Uint8Array {
  const binary = ASCII.test(text) ? text : engine.unescape(encodeURIComponent(wellFormed(text)));
  return fromBase64(engine.btoa(binary));
}

function decode(bytes: Uint8Array): string {
  const binary = engine.atob((bytes as unknown as Bytes).toBase64());
  return ASCII.test(binary) ? binary : decodeURIComponent(engine.escape(binary));
}

/** Half a surrogate pair has no UTF-8. */
function wellFormed(text: string): string {
  return (text as unknown as { toWellFormed(): string }).toWellFormed();
}

/** `TextEncoder` and `TextDecoder` for UTF-8, where the engine has none. */

import { decodeUtf8, encodeUtf8 } from '../utf8.js';

const REPLACEMENT = '\uFFFD';
const BYTE_ORDER_MARK = '\uFEFF';

export class TextEncoder {
  readonly encoding = 'utf-8';

  encode(text = ''): Uint8Array {
    return encodeUtf8(String(text));
  }
}

export interface TextDecoderOptions {
  fatal?: boolean;
  ignoreBOM?: boolean;
}

export class TextDecoder {
  readonly encoding = 'utf-8';
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;

  constructor(label = 'utf-8', options: TextDecoderOptions = {}) {
    if (!/^utf-?8$/i.test(label))
      throw new RangeError(`only utf-8 can be decoded in a workflow, not ${label}`);
    this.fatal = options.fatal ?? false;
    this.ignoreBOM = options.ignoreBOM ?? false;
  }

  decode(input: ArrayBuffer | ArrayBufferView = new Uint8Array()): string {
    const bytes = ArrayBuffer.isView(input)
      ? new Uint8Array(input.buffer, input.byteOffset, input.byteLength)
      : new Uint8Array(input);
    const text = this.text(bytes);
    return !this.ignoreBOM && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  }

  private text(bytes: Uint8Array): string {
    try {
      return decodeUtf8(bytes);
    } catch {
      if (this.fatal) throw new TypeError('the bytes are no UTF-8');
      return lossy(bytes);
    }
  }
}

/** Bytes that belong to no character become the replacement character, one each. */
function lossy(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf(bytes[at] ?? 0);
    const part = bytes.slice(at, at + length);
    const character = length > 0 && part.length === length ? tryDecode(part) : undefined;
    text += character ?? REPLACEMENT;
    at += character === undefined ? 1 : length;
  }
  return text;
}

/** Of a character, by its first byte; 0 of a byte that cannot be the first. */
function lengthOf(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

function tryDecode(bytes: Uint8Array): string | undefined {
  try {
    return decodeUtf8(bytes);
  } catch {
    return undefined;
  }
}

/** The random part of `crypto`, drawn from the run's seed. */

import { randomBytes, uuid4 } from '../uuid.js';

const BYTES_MAX = 65_536;

export const crypto = {
  randomUUID: uuid4,

  getRandomValues<T extends ArrayBufferView>(array: T): T {
    if (array.byteLength > BYTES_MAX)
      throw new RangeError(`getRandomValues gives ${BYTES_MAX} bytes at most`);
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
    return array;
  },
};

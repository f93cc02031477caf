/** Randomness from a seed: what `Math.random` draws from. Source: Chris Doty-Humphrey, PractRand, sfc32. */

export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(seed: Uint8Array) {
    this.reseed(seed);
  }

  /** The first 12 of the seed's bytes are the state. */
  reseed(seed: Uint8Array): void {
    const words = new DataView(seed.buffer, seed.byteOffset, seed.byteLength);
    [this.a, this.b, this.c, this.counter] = [words.getInt32(0), words.getInt32(4), words.getInt32(8), 1];
    // The first numbers of similar seeds are similar.
    for (let round = 0; round < 15; round++) this.next();
  }

  /** From 0 to 1, without 1; with 53 random bits. */
  number(): number {
    return (this.next() * 2 ** 21 + (this.next() >>> 11)) / 2 ** 53;
  }

  private next(): number {
    const sum = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }
}

const FIRST_BYTES = 1024 * 1024;

/** Bytes of a number that is known at the end only: kept once, wherever the platform can lengthen memory in place. */
export class GrowingBytes {
  #memory: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Makes room for so many bytes at once. What nobody can give is asked for again when it is needed. */
  expect(bytes: number): void {
    if (bytes <= this.#memory.length) return;
    try {
      this.#memory = new Uint8Array(this.#memory.buffer.transfer(bytes));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }

  add(chunk: Uint8Array): void {
    const length = this.#length + chunk.length;
    if (length > this.#memory.length) {
      const room = Math.max(length, 2 * this.#memory.length, FIRST_BYTES);
      this.#memory = new Uint8Array(this.#memory.buffer.transfer(room));
    }
    this.#memory.set(chunk, this.#length);
    this.#length = length;
  }

  /** A look at some of them, until more are added. */
  view(from: number, to: number): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(from, Math.min(to, this.#length));
  }

  clear(): void {
    this.#length = 0;
  }

  /** All of them. Nothing is left here. */
  take(): ArrayBuffer {
    const taken = this.#memory.buffer.transfer(this.#length);
    this.#memory = new Uint8Array(0);
    this.#length = 0;
    return taken;
  }
}

import { FakeBlock, type Random } from '@polyvisor/testkit';

/** A disk that ends its requests late, in any order, and fails some. */
export class RoughDisk extends FakeBlock {
  readonly #random: Random;
  readonly #waiting: (() => void)[] = [];

  constructor(random: Random) {
    super({ size: 256 * 512 });
    this.#random = random;
  }
  override read(offset: number, into: Uint8Array): Promise<void> {
    return this.#late(() => super.read(offset, into));
  }
  override write(offset: number, from: Uint8Array): Promise<void> {
    return this.#late(() => super.write(offset, from));
  }
  override flush(): Promise<void> {
    if (this.#random.chance(1, 10)) throw new Error('thrown at once');
    return this.#late(() => super.flush());
  }
  /** Ends some of the requests. */
  async release(): Promise<void> {
    const some = this.#waiting.splice(0, this.#random.below(this.#waiting.length + 1));
    for (const go of some.reverse()) go();
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
  }
  #late(act: () => Promise<void>): Promise<void> {
    const bad = this.#random.chance(1, 8);
    return new Promise<void>((resolve) => this.#waiting.push(resolve)).then(() => (bad ? Promise.reject(new Error('a bad sector')) : act()));
  }
}

import { FakeBlock } from '@polyvisor/testkit';

/** A disk whose requests end when the test says so. */
export class SlowDisk extends FakeBlock {
  readonly log: string[] = [];
  readonly #waiting: (() => void)[] = [];

  override read(offset: number, into: Uint8Array): Promise<void> {
    return this.#wait(`read ${offset}+${into.length}`).then(() => super.read(offset, into));
  }
  override write(offset: number, from: Uint8Array): Promise<void> {
    return this.#wait(`write ${offset}+${from.length}`).then(() => super.write(offset, from));
  }
  override flush(): Promise<void> {
    return this.#wait('flush').then(() => super.flush());
  }
  release(): void {
    for (const go of this.#waiting.splice(0)) go();
  }
  #wait(what: string): Promise<void> {
    this.log.push(what);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

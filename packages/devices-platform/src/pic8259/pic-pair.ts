import type { Region } from '@polyvisor/core';
import { Pic8259 } from './pic8259.ts';
import { CASCADE, ELCR_MASKS } from './registers.ts';
import type { PicPairState } from './state.ts';

/** The ports of one chip. */
class PicPorts implements Region {
  readonly #pair: PicPair;
  readonly #chip: Pic8259;

  constructor(pair: PicPair, chip: Pic8259) {
    this.#pair = pair;
    this.#chip = chip;
  }

  /** @hot */
  read(offset: number): number {
    const value = this.#chip.read(offset);
    // Reading acknowledges after a poll command.
    this.#pair.update();
    return value;
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    this.#chip.write(offset, value);
    this.#pair.update();
  }
}

/** The edge/level control registers: a bit that is set makes an input level-sensitive. */
class ElcrPorts implements Region {
  readonly #pair: PicPair;
  readonly #chips: readonly Pic8259[];

  constructor(pair: PicPair, chips: readonly Pic8259[]) {
    this.#pair = pair;
    this.#chips = chips;
  }

  /** @hot */
  read(offset: number): number {
    return this.#chips[offset & 1]!.elcr;
  }

  /** @hot */
  write(offset: number, _size: 1 | 2 | 4, value: number): void {
    this.#chips[offset & 1]!.writeElcr(value);
    this.#pair.update();
  }
}

/** A PC's two 8259As: sixteen inputs, the second chip on input 2 of the first. */
export class PicPair {
  readonly masterPorts: Region;
  readonly slavePorts: Region;
  readonly elcrPorts: Region;
  readonly #master = new Pic8259(1 << CASCADE, ELCR_MASKS[0]);
  readonly #slave = new Pic8259(0, ELCR_MASKS[1]);
  readonly #onInt: (asserted: boolean) => void;
  #int = false;

  /** `onInt` hears of each change of INT. */
  constructor(onInt: (asserted: boolean) => void) {
    this.#onInt = onInt;
    this.masterPorts = new PicPorts(this, this.#master);
    this.slavePorts = new PicPorts(this, this.#slave);
    this.elcrPorts = new ElcrPorts(this, [this.#master, this.#slave]);
  }

  get int(): boolean {
    return this.#int;
  }

  /** @hot */
  setLine(irq: number, high: boolean, edge: boolean): void {
    if (irq === CASCADE) return;
    (irq < 8 ? this.#master : this.#slave).setLine(irq & 7, high, edge);
    this.update();
  }

  /** @hot */
  pulse(irq: number): void {
    if (irq === CASCADE) return;
    (irq < 8 ? this.#master : this.#slave).pulse(irq & 7);
    this.update();
  }

  /** @hot INTA: the vector. Without a request it is that of input 7, and nothing is in service. */
  acknowledge(): number {
    const input = this.#master.acknowledge();
    let vector = this.#master.vector(input);
    if (input < 8 && this.#master.hasSlave(input)) vector = this.#slave.vector(this.#slave.acknowledge());
    this.update();
    return vector;
  }

  /** @hot Joins the chips after one of them has changed. */
  update(): void {
    this.#master.setLine(CASCADE, this.#slave.int, true);
    if (this.#master.int === this.#int) return;
    this.#int = this.#master.int;
    this.#onInt(this.#int);
  }

  reset(): void {
    this.#master.reset();
    this.#slave.reset();
    this.update();
  }

  save(): PicPairState {
    return { master: this.#master.save(), slave: this.#slave.save() };
  }

  restore(saved: PicPairState): void {
    this.#master.restore(saved.master);
    this.#slave.restore(saved.slave);
    this.#int = this.#master.int;
  }
}

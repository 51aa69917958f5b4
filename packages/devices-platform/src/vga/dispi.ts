import { DISPI_ID, DISPI_OLDEST, Dispi, DispiEnable, MOST } from './registers.ts';

/** Bits of a pixel in memory for each depth. */
const DEPTHS: ReadonlySet<number> = new Set([4, 8, 15, 16, 24, 32]);

/** The registers of the Bochs display interface, with what they mean together. */
export class DispiRegisters {
  readonly values = new Uint16Array(Dispi.COUNT);
  index = 0;
  /** Bytes of a line, and from memory's start to the first pixel. */
  lineBytes = 0;
  start = 0;
  readonly #memory: number;

  constructor(memory: number) {
    this.#memory = memory;
    this.reset();
  }

  get enabled(): boolean {
    return (this.values[Dispi.ENABLE]! & DispiEnable.ENABLED) !== 0;
  }
  /** Enabled, and memory is not planes. */
  get linear(): boolean {
    return this.enabled && this.values[Dispi.BPP] !== 4;
  }
  get dac8(): boolean {
    return (this.values[Dispi.ENABLE]! & DispiEnable.DAC_8) !== 0;
  }
  /** Where the window to memory is, in bytes. */
  get bank(): number {
    return this.values[Dispi.BANK]! * 0x1_0000;
  }

  reset(): void {
    this.values.fill(0);
    this.values[Dispi.ID] = DISPI_ID;
    this.values[Dispi.MEMORY_64K] = this.#memory / 0x1_0000;
    this.index = 0;
    this.#derive();
  }

  restore(index: number, values: readonly number[]): void {
    this.index = index;
    this.values.set(values);
    this.#derive();
  }

  /** @hot */
  read(index: number): number {
    if (index >= Dispi.COUNT) return 0;
    if ((this.values[Dispi.ENABLE]! & DispiEnable.GET_CAPS) !== 0) {
      if (index === Dispi.XRES) return MOST.xres;
      if (index === Dispi.YRES) return MOST.yres;
      if (index === Dispi.BPP) return MOST.bpp;
    }
    return this.values[index]!;
  }

  /** @hot True: the display was enabled or disabled. */
  write(index: number, value: number): boolean {
    const { values } = this;
    switch (index) {
      case Dispi.ID:
        if (value >= DISPI_OLDEST && value <= DISPI_ID) values[Dispi.ID] = value;
        return false;
      case Dispi.ENABLE: {
        const before = values[Dispi.ENABLE]!;
        values[Dispi.ENABLE] = value & DispiEnable.MASK;
        if (this.enabled && (before & DispiEnable.ENABLED) === 0) this.#begin();
        this.#derive();
        return ((before ^ value) & DispiEnable.ENABLED) !== 0;
      }
      case Dispi.BANK:
        values[Dispi.BANK] = Math.min(value, values[Dispi.MEMORY_64K]! - 1);
        return false;
      case Dispi.XRES: case Dispi.YRES: case Dispi.BPP: case Dispi.VIRT_WIDTH: case Dispi.X_OFFSET: case Dispi.Y_OFFSET:
        values[index] = value;
        this.#derive();
        return false;
      default:
        return false;
    }
  }

  /** @hot A mode begins at memory's start, without more width than it shows. */
  #begin(): void {
    const { values } = this;
    values[Dispi.BANK] = 0;
    values[Dispi.X_OFFSET] = 0;
    values[Dispi.Y_OFFSET] = 0;
    values[Dispi.VIRT_WIDTH] = values[Dispi.XRES]!;
  }

  /** @hot While the display is enabled, its mode fits memory. */
  #derive(): void {
    if (!this.enabled) return;
    const { values } = this;
    if (!DEPTHS.has(values[Dispi.BPP]!)) values[Dispi.BPP] = 8;
    const bpp = values[Dispi.BPP]!;
    const bits = bpp === 15 ? 16 : bpp;
    values[Dispi.XRES] = Math.min(Math.max(values[Dispi.XRES]! & ~7, 8), MOST.xres);
    values[Dispi.VIRT_WIDTH] = Math.min(Math.max(values[Dispi.VIRT_WIDTH]! & ~7, values[Dispi.XRES]!), MOST.xres);
    this.lineBytes = (values[Dispi.VIRT_WIDTH]! * bits) >> 3;
    const lines = Math.min(Math.floor(this.#memory / this.lineBytes), 0xffff);
    values[Dispi.YRES] = Math.min(Math.max(values[Dispi.YRES]!, 1), MOST.yres, lines);
    values[Dispi.VIRT_HEIGHT] = lines;
    values[Dispi.Y_OFFSET] = Math.min(values[Dispi.Y_OFFSET]!, lines - values[Dispi.YRES]!);
    values[Dispi.X_OFFSET] = Math.min(values[Dispi.X_OFFSET]!, values[Dispi.VIRT_WIDTH]! - values[Dispi.XRES]!);
    this.start = values[Dispi.Y_OFFSET]! * this.lineBytes + ((values[Dispi.X_OFFSET]! * bits) >> 3);
  }
}

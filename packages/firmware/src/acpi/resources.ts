import { buffer, little, type Aml } from './aml.ts';

/** Resource descriptors (ACPI 6.5, 6.4.2 and 6.4.3), for `_CRS`, `_PRS` and what is given to `_SRS`. */
export type Descriptor = readonly number[];

const END = [0x79, 0];
const DECODES_16 = 1;
/** Address space descriptors (6.4.3.5): both ends are fixed; what is written may be read. */
const MEMORY = 0, IO = 1, BUS = 2;
const FIXED = 0x0c;
const WRITABLE = 1;
const ENTIRE_RANGE = 3;
export const Caching = { none: 0, cacheable: 1 << 1 } as const;

/** First and last address. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

/** `ResourceTemplate () { … }` with its end tag, whose checksum of 0 stands for none (6.4.2.9). */
export function resources(...descriptors: readonly Descriptor[]): Aml {
  return buffer([...descriptors.flat(), ...END]);
}

/** `IO (Decode16, first, first, 1, count)` */
export function io(first: number, count: number): Descriptor {
  return [0x47, DECODES_16, ...little(first, 2), ...little(first, 2), 1, count];
}

/** `IRQNoFlags () { … }`: ISA inputs that are edges, high and of one device. */
export function irq(...lines: readonly number[]): Descriptor {
  return [0x22, ...little(lines.reduce((mask, line) => mask | (1 << line), 0), 2)];
}

/** `DMA (Compatibility, NotBusMaster, Transfer8_16) { channel }` */
export function dma(channel: number): Descriptor {
  const TRANSFERS_8_16 = 1;
  return [0x2a, 1 << channel, TRANSFERS_8_16];
}

/**
 * `Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { … }`. Operating systems take interrupts that a PCI device names
 * without such a descriptor as active low.
 */
export function sharedLevels(...inputs: readonly number[]): Descriptor {
  const CONSUMER = 1, SHARED = 1 << 3;
  return [0x89, ...little(2 + 4 * inputs.length, 2), CONSUMER | SHARED, inputs.length, ...inputs.flatMap((input) => little(input, 4))];
}
/** Where the first input stands in `sharedLevels`. */
export const FIRST_INPUT = 5;

/** `Memory32Fixed (ReadWrite, address, size)` */
export function memory32(address: number, size: number): Descriptor {
  if (address + size > 2 ** 32) throw new RangeError(`${address} is above 4 GiB`);
  return [0x86, 9, 0, WRITABLE, ...little(address, 4), ...little(size, 4)];
}

/** `WordBusNumber (ResourceProducer, …)` */
export const busNumbers = (window: Window): Descriptor => space(BUS, 0, window, 2);
/** `WordIO (ResourceProducer, …, EntireRange)` */
export const ioWindow = (window: Window): Descriptor => space(IO, ENTIRE_RANGE, window, 2);
/** `DWordMemory (ResourceProducer, …)` below 4 GiB. */
export const memoryWindow = (window: Window, caching: number = Caching.none): Descriptor => space(MEMORY, WRITABLE | caching, window, 4);
/** `QWordMemory (ResourceProducer, …)` */
export const memoryWindow64 = (window: Window): Descriptor => space(MEMORY, WRITABLE | Caching.cacheable, window, 8);

const SPACE_TAGS = { 2: 0x88, 4: 0x87, 8: 0x8a } as const;

/** Granularity 0, both ends, translation 0 and the length, each of `size` bytes. */
function space(type: number, flags: number, { start, end }: Window, size: 2 | 4 | 8): Descriptor {
  if (end < start || end >= 2 ** (8 * size)) throw new RangeError(`a window of ${size} bytes begins at ${start} and ends at ${end}`);
  const numbers = [0, start, end, 0, end - start + 1].flatMap((value) => little(value, size));
  return [SPACE_TAGS[size], ...little(3 + numbers.length, 2), type, FIXED, flags, ...numbers];
}

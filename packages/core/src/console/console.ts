import { token } from '../di/token.ts';

/** Takes bytes: a serial port's transmitter, a debug port. */
export interface ByteSink {
  /** @hot */
  write(byte: number): void;
}

/** Gives bytes: the keyboard side of a console. */
export interface ByteSource {
  /** @hot The next byte, 0 … 255, or −1 when there is none. */
  read(): number;
  /** How many bytes wait. @hot */
  readonly available: number;
  /**
   * Called when bytes arrive after there were none. One listener: the device that owns the source. Bytes that waited
   * before it listened are not announced: it asks `available` when it begins, and again after `resume`.
   */
  onAvailable: (() => void) | undefined;
}

export const ByteSinkToken = token<ByteSink>('core/ByteSink');
export const ByteSourceToken = token<ByteSource>('core/ByteSource');

/** What ends a machine from inside: a debug exit port, ACPI power-off, a keyboard controller's reset line. */
export interface PowerControl {
  /** `status` is the process status a command line returns. */
  powerOff(status: number): void;
  reset(): void;
}
export const PowerControlToken = token<PowerControl>('core/PowerControl');

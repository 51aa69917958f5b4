/**
 * Interrupt lines, as a device sees them. Edge and level are different types: a device that asserts a level has to
 * take it back, one that pulses must not.
 *
 * While a device is being restored (`create` with a saved state) a level it sets is taken as the line's level
 * without raising an edge, and a pulse is a defect that the conformance suite reports.
 */
export interface LevelLine {
  /** @hot Idempotent. Several devices may share an input; it is asserted while any of them asserts. */
  set(asserted: boolean): void;
  /** What this device last set; other devices on the same input do not show. */
  readonly asserted: boolean;
}

export interface EdgeLine {
  /** @hot One rising edge. */
  pulse(): void;
}

/** Message-signalled interrupts: a 32-bit write to an interrupt address (PCI 3.0 §6.8, Intel SDM vol. 3A §11.11). */
export interface MessagePort {
  /** @hot `address` in bytes, `data` as written on the bus. */
  send(address: number, data: number): void;
}

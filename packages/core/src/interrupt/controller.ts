import { token } from '../di/token.ts';

/**
 * The interrupt controller: what lines and messages run into, and what a vCPU asks for a vector. A device provides
 * it (an 8259 pair, an I/O APIC with local APICs, a paravirtual event channel port).
 */
export interface InterruptController {
  /** Number of inputs (GSIs), 1 … 1024. */
  readonly inputs: number;
  /** @hot The level of an input changed. The composition calls it with the wired OR of all lines on the input. */
  setLevel(gsi: number, asserted: boolean): void;
  /** @hot One rising edge on an input. */
  pulse(gsi: number): void;
  /** Takes over an input's level from a snapshot: like `setLevel`, but no edge is seen. */
  importLevel(gsi: number, asserted: boolean): void;
  /** @hot A message-signalled interrupt arrived. */
  message(address: number, data: number): void;
  /** @hot The vCPU acknowledges (INTA): the vector to deliver, or −1 for none (withdrawn). */
  acknowledge(cpu: number): number;
}

/** The pins of a vCPU, driven by interrupt controllers and platform devices. */
export interface CpuPins {
  readonly count: number;
  /** @hot INTR: an interrupt waits to be acknowledged. Level. */
  setIntr(cpu: number, asserted: boolean): void;
  /** NMI, edge. */
  nmi(cpu: number): void;
  /** SMI, edge. */
  smi(cpu: number): void;
  /** INIT: the vCPU resets and waits for a start-up IPI (an application processor) or restarts. */
  init(cpu: number): void;
  /** Start-up IPI: begins at `vector << 12` in real mode (Intel SDM vol. 3A §9.4.4). */
  sipi(cpu: number, vector: number): void;
}

export const InterruptControllerToken = token<InterruptController>('core/InterruptController');
export const CpuPinsToken = token<CpuPins>('core/CpuPins');

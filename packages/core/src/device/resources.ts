import type { Token } from '../di/token.ts';

/** A device's wish; the machine's description and the composition decide the placement. */
export interface PortWish {
  /** Bytes, 1 … 65536. */
  readonly size: number;
  /** Widest access the device takes in one piece; wider ones are split. Default 4. */
  readonly width?: 1 | 2 | 4;
  /** Where it usually is; the description can place it elsewhere. Without it the description must. */
  readonly prefer?: number;
  /** Nowhere until the device places it by `host.placement`, as the guest tells it to: a BAR. Then nothing else does. */
  readonly movable?: true;
}

export interface MmioWish {
  /** Bytes, 1 … 2^40. */
  readonly size: number;
  readonly width?: 1 | 2 | 4;
  /** Base address in bytes. */
  readonly prefer?: number;
  /** Alignment of the base in bytes, a power of two; default 4096. */
  readonly align?: number;
  /** As of ports. Guest RAM is in front of it, regions with a fixed place too, then those that were declared earlier. */
  readonly movable?: true;
}

/**
 * Memory of the device's own that the guest reads and writes without asking it: a frame buffer. It is nowhere until the
 * device places it, and takes frames of the Host.
 */
export interface MemoryWish {
  /** Bytes, a multiple of 4096, 4096 … 2^30. */
  readonly size: number;
}

export type LineKind = 'level' | 'edge';
export interface LineWish<K extends LineKind = LineKind> {
  readonly kind: K;
  /** The usual input (GSI). */
  readonly prefer?: number;
}

/** Everything a device may ask for. What it does not ask for does not exist in its host object. */
export interface Resources {
  readonly pio?: { readonly [name: string]: PortWish };
  readonly mmio?: { readonly [name: string]: MmioWish };
  readonly memory?: { readonly [name: string]: MemoryWish };
  readonly irq?: { readonly [name: string]: LineKind | LineWish };
  /** Message-signalled interrupts. */
  readonly msi?: true;
  /** Bus mastering. */
  readonly dma?: true;
  readonly timers?: true;
  /** Services it uses, by the name it gives them. */
  readonly services?: { readonly [name: string]: Token<unknown> };
  /** Services it offers to others, by the name under which `create` returns them. */
  readonly provides?: { readonly [name: string]: Token<unknown> };
}

export function lineWish(wish: LineKind | LineWish): LineWish {
  return typeof wish === 'string' ? { kind: wish } : wish;
}

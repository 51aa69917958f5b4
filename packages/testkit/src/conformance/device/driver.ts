import type { FakeMemory } from '../../fakes/fake-memory.ts';
import type { Random } from '../../random/random.ts';

/** The guest's side of a device: what `exercise` drives it with. Whatever it does must follow from `random` alone. */
export interface DeviceDriver {
  read(region: string, offset: number, size: 1 | 2 | 4): number;
  write(region: string, offset: number, size: 1 | 2 | 4, value: number): void;
  /** Lets guest time pass, in nanoseconds. */
  advance(ns: number): void;
  /** Bytes for a `ByteSource` service. */
  feed(service: string, bytes: Iterable<number> | string): void;
  readonly memory: FakeMemory;
  /** Whether the device asserts this level line. */
  asserted(line: string): boolean;
  /** A service as the device got it. */
  service(name: string): unknown;
  /** A service that the device provides. */
  provided(name: string): unknown;
  readonly config: unknown;
  readonly random: Random;
}

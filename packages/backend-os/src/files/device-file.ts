import { Errno } from '../errno.ts';
import type { Backing } from '../memory/backing.ts';
import type { BytePath } from './host-files.ts';
import { PollEvent, type OpenFile } from './open-file.ts';
import type { Stat } from './stat.ts';

/** What reading and writing a character device does. */
export interface DeviceBehaviour {
  read(into: Uint8Array): number;
  write(from: Uint8Array): number;
  /** What a mapping of it reads. */
  readonly mapping?: Backing;
}

export const nullDevice: DeviceBehaviour = { read: () => 0, write: (from) => from.length };

const zeros = (into: Uint8Array): number => {
  into.fill(0);
  return into.length;
};
const zeroMapping: Backing = { read: (_offset, into) => zeros(into), size: Number.MAX_SAFE_INTEGER, beyond: 'zeros' };
export const zeroDevice: DeviceBehaviour = { read: zeros, write: (from) => from.length, mapping: zeroMapping };
export const fullDevice: DeviceBehaviour = { read: zeros, write: () => -Errno.ENOSPC };

/** A device of random bytes. */
export function randomDevice(fill: (into: Uint8Array) => void): DeviceBehaviour {
  return {
    read(into) {
      fill(into);
      return into.length;
    },
    write: (from) => from.length,
  };
}

/** An open character device without a position. */
export class DeviceFile implements OpenFile {
  readonly path: BytePath;
  flags: number;
  readonly #stat: Stat;
  readonly #behaviour: DeviceBehaviour;

  constructor(path: BytePath, flags: number, stat: Stat, behaviour: DeviceBehaviour) {
    this.path = path;
    this.flags = flags;
    this.#stat = stat;
    this.#behaviour = behaviour;
  }

  stat(): Stat {
    return this.#stat;
  }
  read(into: Uint8Array): number {
    return this.#behaviour.read(into);
  }
  write(from: Uint8Array): number {
    return this.#behaviour.write(from);
  }
  readAt(_offset: number, into: Uint8Array): number {
    return this.#behaviour.read(into);
  }
  seek(): number {
    return 0;
  }
  poll(events: number): number {
    return events & (PollEvent.input | PollEvent.output);
  }
  backing(): Backing | undefined {
    return this.#behaviour.mapping;
  }
  close(): void {
    // There is nothing to give back.
  }
}

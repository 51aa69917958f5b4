import type { RtcConfig } from './config.ts';
import { RAM_SIZE } from './registers.ts';

const KIB = 1024;
const MIB = KIB * KIB;
const FOUR_GIB = 4096 * MIB;
/** Where PC memory below 4 GiB ends, at the latest; the rest is above 4 GiB. */
const LOW_LIMIT = 0xc000_0000;

/** What the battery-backed memory holds at power-on: the memory's size, where firmware looks for it, and the user's bytes. */
export function initialRam(config: Pick<RtcConfig, 'memory' | 'nvram'>): Uint8Array {
  const ram = new Uint8Array(RAM_SIZE);
  const word = (at: number, value: number) => {
    ram[at] = value;
    ram[at + 1] = value >> 8;
  };
  if (config.memory !== undefined) {
    const low = Math.min(config.memory, LOW_LIMIT);
    word(0x15, Math.min(640, Math.floor(low / KIB)));
    const extended = Math.min(0xffff, Math.max(0, Math.floor(low / KIB) - KIB));
    word(0x17, extended);
    word(0x30, extended);
    word(0x34, Math.max(0, Math.floor((low - 16 * MIB) / (64 * KIB))));
    const high = Math.floor(Math.min(config.memory - low, 2 ** 24 * 64 * KIB - FOUR_GIB) / (64 * KIB));
    word(0x5b, high);
    ram[0x5d] = high >> 16;
  }
  for (const { at, value } of config.nvram) ram[at] = value;
  return ram;
}

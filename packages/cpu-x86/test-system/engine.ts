/** Our engine as the third runner of a ROM: one vCPU, 16 MiB of RAM, the ROM at its two places, port E9h, a reset. */
import { RIGHTS_RAM, RIGHTS_ROM, type AddressSpace, type CpuHost, type Host } from '@polyvisor/core';
import { createHost } from '@polyvisor/memory';
import { eptMmu } from '@polyvisor/mmu-npt';
import { cpuX86 } from '../src/index.ts';
import { toLines } from './oracles.ts';
import type { Rom } from './rom.ts';

const PORT_TEXT = 0xe9, PORT_EXIT = 0xf4, PORT_APM = 0xb2;
const RAM_PAGES = 4096, ROM_PAGES = 16;
/** First pages of the ROM: F0000h and FFFF0000h. */
const ROM_AT = [0xf0, 0xffff0] as const;
/** No guest runs longer than some millions of instructions. */
const SLICE = 1_000_000, SLICES = 300;

function memory(host: Host, rom: Uint8Array): AddressSpace {
  const space = host.createAddressSpace({ name: 'guest', format: 'ept' });
  space.populate(0, ROM_AT[0], RIGHTS_RAM);
  space.populate(ROM_AT[0] + ROM_PAGES, RAM_PAGES - ROM_AT[0] - ROM_PAGES, RIGHTS_RAM);
  for (let page = 0; page < ROM_PAGES; page++) {
    const frame = host.frames.allocate();
    host.bytes.set(rom.subarray(page * 4096, page * 4096 + 4096), host.frames.offset(frame));
    ROM_AT.forEach((at, i) => {
      if (i > 0) host.frames.retain(frame);
      space.map(at + page, frame, 1, RIGHTS_ROM);
    });
  }
  return space;
}

/** The lines of one run; a shutdown is a reset, as in the oracles, and so is what the engine does not implement. */
export function runEngine(rom: Rom): string[] {
  const host = createHost({ frames: 32 * 2 ** 20 });
  const space = memory(host, rom.bytes);
  const mmu = eptMmu.create(eptMmu.config.parse({}), { host, space, cpus: 1 });
  const text: number[] = [];
  const end = { reached: false };
  const cpuHost: CpuHost = {
    index: 0, host, space, mmu,
    io: {
      pioRead: () => -1,
      pioWrite(port, _size, value) {
        if (port === PORT_TEXT) text.push(value & 0xff);
        else if (port === PORT_APM) vcpu.smi();
        else if (port === PORT_EXIT) {
          end.reached = true;
          vcpu.kick();
        }
      },
      mmioRead: () => -1,
      mmioWrite() { /* nothing is there */ },
      acknowledgeInterrupt: () => -1,
    },
    clock: { source: 'instructions', now: () => vcpu.instructions },
    log: { info() { /* not shown */ }, warn() { /* not shown */ }, guestError() { /* not shown */ } },
  };
  const vcpu = cpuX86.create(cpuX86.config.parse({}), cpuHost, undefined);
  const say = (words: string): void => void text.push(...new TextEncoder().encode(words));
  for (let slice = 0; slice < SLICES && !end.reached; slice++) {
    const exit = vcpu.run(SLICE);
    if (exit.kind === 'shutdown') vcpu.reset();
    else if (exit.kind === 'unimplemented') {
      say(` unimplemented ${exit.text} [${[...exit.bytes].map((b) => b.toString(16)).join(' ')}]`);
      vcpu.reset();
    } else if (exit.kind !== 'budget' && exit.kind !== 'kicked') {
      say(` left with ${exit.kind}`);
      vcpu.reset();
    }
  }
  if (!end.reached) say('\n[did not end by itself]');
  vcpu.destroy();
  mmu.destroy();
  host.destroy();
  return toLines(Buffer.from(text).toString('latin1'));
}

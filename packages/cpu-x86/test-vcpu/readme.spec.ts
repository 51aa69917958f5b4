import { expect, test, vi } from 'vitest';
import { RIGHTS_RAM } from '@polyvisor/core';
import { cpuModels, X86Vcpu } from '@polyvisor/cpu-x86';
import { createHost } from '@polyvisor/memory';
import { defaultWalkOptions, WalkMmu } from '@polyvisor/mmu-npt';
import { Decoded, Decoder, formatInstruction, MODE, rows, VERDICT } from '@polyvisor/cpu-x86';

test('the processor of the README prints a letter and halts', () => {
  const printing = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const host = createHost({ frames: 4 * 2 ** 20 });
  const space = host.createAddressSpace({ name: 'guest', format: 'npt' });
  space.populate(0, 16, RIGHTS_RAM);                    // 64 KiB at guest-physical 0
  space.dma().write(0x7c00, Uint8Array.of(0xb0, 0x48, 0xe6, 0xe9, 0xf4), 0, 5); // mov al, 'H'; out 0xe9, al; hlt

  const printed: number[] = [];
  const io = {
    pioRead: () => -1, pioWrite: (_port: number, _size: number, value: number) => void printed.push(value & 0xff),
    mmioRead: () => -1, mmioWrite: () => undefined, acknowledgeInterrupt: () => -1,
  };
  const mmu = new WalkMmu({ strategy: 'npt', ...defaultWalkOptions }, { host, space, cpus: 1 });
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined, guestError: () => undefined };
  const clock = { source: 'instructions', now: () => 0 } as const;
  const model = cpuModels.find((m) => m.name === 'max')!;
  const vcpu = new X86Vcpu({ index: 0, host, space, mmu, io, clock, log }, mmu, { model }, undefined);

  vcpu.state.setSegment('cs', { ...vcpu.state.segment('cs'), selector: 0, base: 0n });
  vcpu.state.set('rip', 0x7c00n);                       // real-address mode, as after power-on
  console.log(vcpu.run(100).kind, String.fromCharCode(...printed)); // halted H

  expect(printing.mock.calls).toEqual([['halted', 'H']]);
  printing.mockRestore();
});

test('the decoder of the README shows an instruction', () => {
  const printing = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const decoder = new Decoder();                       // of a CPU with every feature the tables hold
  const d = new Decoded();                             // reused for every decode
  const code = Uint8Array.of(0x48, 0x8b, 0x44, 0x8b, 0xf0);

  if (decoder.decode(d, code, 0, code.length, MODE.BITS64) === VERDICT.OK) {
    console.log(d.length, rows[d.row]?.id);            // 5 MOV_Gv_Ev
    console.log(formatInstruction(d));                 // mov rax, qword ptr [rbx+rcx*4-0x10]
    console.log(formatInstruction(d, 'att'));          // mov -0x10(%rbx,%rcx,4), %rax
  }

  expect(printing.mock.calls).toEqual([[5, 'MOV_Gv_Ev'], ['mov rax, qword ptr [rbx+rcx*4-0x10]'], ['mov -0x10(%rbx,%rcx,4), %rax']]);
  printing.mockRestore();
});

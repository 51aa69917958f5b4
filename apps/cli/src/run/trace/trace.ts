import { Access, type Vcpu } from '@polyvisor/core';
import { Decoded, Decoder, MAX_INSTRUCTION_LENGTH, MODE, formatInstruction } from '@polyvisor/cpu-x86';
import type { Machine } from '@polyvisor/machine';

/** Rights of a segment as in a VMCS (Intel SDM vol. 3C, table 25-2). */
const CODE_LONG = 0x2000, CODE_32 = 0x4000;
const PROTECTED = 1n, VIRTUAL_8086 = 1n << 17n, LONG_ACTIVE = 1n << 10n;
const PAGE = 4096;

/** Writes a line for each instruction that a machine executes, as a debugger would show it. Ends with what it returns. */
export function traceInstructions(machine: Machine, write: (line: string) => void): () => void {
  const decoder = new Decoder();
  const decoded = new Decoded();
  const bytes = new Uint8Array(MAX_INSTRUCTION_LENGTH);
  const subscription = machine.events.step.stream.subscribe(({ cpu }) => {
    const vcpu = machine.vcpus[cpu]!;
    const mode = modeOf(vcpu);
    const linear = linearRip(vcpu, mode);
    const length = fetch(machine, vcpu, linear, bytes);
    decoder.decode(decoded, bytes, 0, length, mode);
    const shown = Array.from(bytes.subarray(0, decoded.length), (byte) => byte.toString(16).padStart(2, '0')).join('');
    const address = Number(BigInt.asIntN(64, linear));
    const text = length === 0 ? '(not mapped)' : formatInstruction(decoded, 'intel', { address });
    write(`${cpu} ${linear.toString(16).padStart(16, '0')} ${shown.padEnd(22)} ${text}\n`);
  });
  return () => { subscription.unsubscribe(); };
}

function modeOf({ state }: Vcpu): number {
  const { rights } = state.segment('cs');
  if ((state.get('efer') & LONG_ACTIVE) !== 0n && (rights & CODE_LONG) !== 0) return MODE.BITS64;
  const real = (state.get('cr0') & PROTECTED) === 0n || (state.get('rflags') & VIRTUAL_8086) !== 0n;
  return ((rights & CODE_32) !== 0 ? MODE.BITS32 : MODE.BITS16) | (real ? MODE.REAL_OR_V86 : 0);
}

function linearRip({ state }: Vcpu, mode: number): bigint {
  const rip = state.get('rip');
  return mode === MODE.BITS64 ? rip : (state.segment('cs').base + rip) & 0xffff_ffffn;
}

/** The bytes at a linear address, as far as they are mapped; how many. */
function fetch(machine: Machine, vcpu: Vcpu, linear: bigint, into: Uint8Array): number {
  const cpl = (vcpu.state.segment('ss').rights >> 5) & 3;
  let done = 0;
  while (done < into.length) {
    const at = Number(BigInt.asIntN(64, linear + BigInt(done)));
    const found = machine.mmu?.translate(vcpu.state, at, Access.execute, cpl) ?? { kind: 'ok', gpa: at };
    if (found.kind !== 'ok') break;
    const piece = Math.min(into.length - done, PAGE - (found.gpa % PAGE));
    const host = machine.space.translate(found.gpa, Access.read);
    if (host < 0) break;
    into.set(machine.host.bytes.subarray(host, host + piece), done);
    done += piece;
  }
  return done;
}

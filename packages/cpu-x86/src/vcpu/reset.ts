/** Power-on and INIT (Intel SDM vol. 3A, 10.1.1, table 10-1). */
import { Activity, SEGMENTS, VCPU_STATE_SIZE, X87_CONTROL } from '@polyvisor/core';
import { signature } from '../cpuid/cpuid.ts';
import type { Processor } from '../system/processor.ts';

/** Bits of IA32_APIC_BASE: enabled, and the bootstrap processor. */
const APIC_ENABLED = 0x800, BOOTSTRAP = 0x100, APIC_BASE = 0xfee0_0000;
/** WB, WT, UC−, UC, twice. */
const PAT_RESET = 0x0007_0406_0007_0406n;

/** The state after power-on. */
export function powerOn(p: Processor): void {
  const { state } = p;
  state.load(new Uint8Array(VCPU_STATE_SIZE));
  initialise(p, 0x6000_0010n);
  state.view.setUint16(X87_CONTROL.fcw[0], 0x40, true);
  state.setWord('mxcsr', 0x1f80);
  state.set('pat', PAT_RESET);
  state.set('xcr0', 1n);
  state.set('apicBase', BigInt(APIC_BASE | APIC_ENABLED | (p.index === 0 ? BOOTSTRAP : 0)) & 0xffff_ffffn);
  p.apics?.setBase(p.index, state.low('apicBase'), 0);
  p.msrs.reset();
  p.translation.forgetAll();
}

/** INIT: the FPU, the SSE registers, MSRs and the caches stay. */
export function initialise(p: Processor, cr0 = (p.state.get('cr0') & 0x6000_0000n) | 0x10n): void {
  const { state } = p;
  for (const name of ['rax', 'rbx', 'rcx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const) state.set(name, 0n);
  for (const name of ['cr2', 'cr3', 'cr4', 'cr8', 'efer', 'dr0', 'dr1', 'dr2', 'dr3', 'gdtrBase', 'idtrBase'] as const) state.set(name, 0n);
  state.set('cr0', cr0);
  state.set('rdx', BigInt(signature(p.model)));
  state.set('rip', 0xfff0n);
  state.set('rflags', 2n);
  state.set('dr6', 0xffff_0ff0n);
  state.set('dr7', 0x400n);
  state.setWord('cpl', 0);
  state.setWord('interruptShadow', 0);
  state.setWord('gdtrLimit', 0xffff);
  state.setWord('idtrLimit', 0xffff);
  for (const name of SEGMENTS) {
    const rights = name === 'cs' ? 0x9b : name === 'ldtr' ? 0x82 : name === 'tr' ? 0x8b : 0x93;
    const first = name === 'cs' ? { selector: 0xf000, base: 0xffff_0000n } : { selector: 0, base: 0n };
    state.setSegment(name, { ...first, limit: 0xffff, rights });
  }
  state.setWord('activity', p.index === 0 ? Activity.active : Activity.waitForSipi);
  p.pendingDebug = 0;
  p.translation.forgetAll();
}

/** The start-up IPI: real-address mode at the vector's page. */
export function startUp(p: Processor, vector: number): void {
  const cs = p.segment('cs');
  p.state.setSegment('cs', { ...cs, selector: vector << 8, base: BigInt(vector << 12) });
  p.state.set('rip', 0n);
  p.state.setWord('activity', Activity.active);
}

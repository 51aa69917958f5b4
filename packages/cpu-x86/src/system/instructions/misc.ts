/** CPUID, counters, HLT and MWAIT, cache and TLB control, hypercalls, random numbers (Intel SDM vol. 2). */
import { Access, Activity } from '@polyvisor/core';
import { cpuid } from '../../cpuid/cpuid.ts';
import { CR4, RFLAGS } from '../../state/bits.ts';
import { intercept } from '../exits.ts';
import { effectiveAddress, isLong, loadOperand, operandLinear, registerHigh, registerLow, segmentName, setRegister } from '../operands.ts';
import { canonical, Exception, Step, type Processor } from '../processor.ts';
import type { Translation } from '../translation.ts';
import { type Instruction, privileged, retire } from './instruction.ts';

type PlainName = 'pause' | 'cpuid' | 'rdtsc' | 'rdtscp' | 'rdpmc' | 'hlt' | 'mwait' | 'monitor' | 'invd' | 'wbinvd' | 'rdrand' | 'rdseed' | 'invpcid' | 'rsm';
/** Leaves when the control block asks for it. */
const plain = (name: PlainName, then: Instruction): Instruction => (p, d) => (p.control.intercepts(name) ? intercept(p, d.length, { what: name }) : then(p, d));

const executeCpuid = plain('cpuid', (p) => {
  const { eax, ebx, ecx, edx } = cpuid(p.model, p.state, p.index, p.state.low('rax'), p.state.low('rcx'));
  p.state.setHalves('rax', eax, 0);
  p.state.setHalves('rbx', ebx, 0);
  p.state.setHalves('rcx', ecx, 0);
  p.state.setHalves('rdx', edx, 0);
  return Step.done;
});

const giveTsc = (p: Processor): void => {
  const tsc = p.msrs.time.now();
  p.state.setHalves('rax', Number(BigInt.asIntN(32, tsc)), 0);
  p.state.setHalves('rdx', Number(BigInt.asIntN(32, tsc >> 32n)), 0);
};
/** CR4.TSD keeps the counter to CPL 0. */
const mayReadTsc = (p: Processor): boolean => p.cpl === 0 || !p.protectedMode || (p.state.low('cr4') & CR4.TSD) === 0 || p.protection(0);
const rdtsc: Instruction = (p, d) => {
  if (!mayReadTsc(p)) return Step.fault;
  return plain('rdtsc', () => {
    giveTsc(p);
    return Step.done;
  })(p, d);
};
const rdtscp: Instruction = (p, d) => {
  if (!mayReadTsc(p)) return Step.fault;
  return plain('rdtscp', () => {
    giveTsc(p);
    p.state.setHalves('rcx', p.state.low('tscAux'), 0);
    return Step.done;
  })(p, d);
};
const rdpid: Instruction = (p, d) => {
  setRegister(p, d.rm, isLong(d) ? 64 : 32, p.state.low('tscAux'), 0);
  return Step.done;
};
/** There are no performance counters (CPUID leaf 0AH is empty). */
const rdpmc: Instruction = (p, d) => {
  if (p.cpl > 0 && (p.state.low('cr4') & CR4.PCE) === 0 && p.protectedMode) return retire(p.protection(0));
  return plain('rdpmc', () => retire(p.protection(0)))(p, d);
};

const hlt: Instruction = (p, d) => {
  if (!privileged(p)) return Step.fault;
  return plain('hlt', () => {
    p.state.setWord('activity', Activity.halted);
    return Step.done;
  })(p, d);
};
const monitor: Instruction = (p, d) => {
  if (p.cpl > 0) return retire(p.fault(Exception.invalidOpcode));
  if (p.state.low('rcx') !== 0) return retire(p.protection(0));
  return plain('monitor', () => {
    const linear = Number(BigInt.asIntN(64, p.state.get('rax') + (d.segment > 3 ? p.segment(segmentName(d.segment)).base : 0n)));
    return retire(p.memory.load(isLong(d) ? linear : linear >>> 0, 1, Access.read));
  })(p, d);
};
/** Waking at once is allowed; a program that waits for memory looks at it again. */
const mwait: Instruction = (p, d) => {
  if (p.cpl > 0) return retire(p.fault(Exception.invalidOpcode));
  return plain('mwait', () => Step.done)(p, d);
};

const cache = (name: 'invd' | 'wbinvd'): Instruction => (p, d) => (privileged(p) ? plain(name, () => Step.done)(p, d) : Step.fault);

const hypercall = (instruction: 'vmcall' | 'vmmcall'): Instruction => (p, d) => {
  if (!p.control.intercepts('hypercall')) return retire(p.fault(Exception.invalidOpcode));
  return p.exitWith({ kind: 'hypercall', instruction, vector: 0, length: d.length });
};
/** VMX and SVM are not there for guests: #UD, unless a backend wants to know. */
const virtualization = (what: 'vmx' | 'svm'): Instruction => (p, d) =>
  (p.control.intercepts(what) ? intercept(p, d.length, { what }) : retire(p.fault(Exception.invalidOpcode)));

const random = (name: 'rdrand' | 'rdseed'): Instruction => plain(name, (p, d) => {
  setRegister(p, d.rm, d.operandSize, p.random(), d.operandSize === 64 ? p.random() : 0);
  p.flags = (p.flags & ~(RFLAGS.OF | RFLAGS.SF | RFLAGS.ZF | RFLAGS.AF | RFLAGS.PF)) | RFLAGS.CF;
  return Step.done;
});

function paging(translation: Translation): Record<string, Instruction> {
  const invlpg: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const name = segmentName(d.segment), base = p.code64 && name !== 'fs' && name !== 'gs' ? 0 : Number(BigInt.asIntN(64, p.segment(name).base));
    const sum = effectiveAddress(p, d) + base, linear = isLong(d) ? sum : sum >>> 0;
    if (p.control.intercepts('invlpg')) return intercept(p, d.length, { what: 'invlpg', linear });
    if (canonical(linear)) translation.forgetPage(linear);
    return Step.done;
  };
  const invpcid: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const linear = operandLinear(p, d, 16, Access.read);
    if (Number.isNaN(linear)) return Step.fault;
    if (p.control.intercepts('invpcid')) return intercept(p, d.length, { what: 'invpcid' });
    const type = isLong(d) && registerHigh(p, d.reg) !== 0 ? -1 : registerLow(p, d.reg);
    if (!loadOperand(p, d, linear, 8)) return Step.fault;
    const pcid = p.memory.low, reserved = p.memory.high !== 0 || (pcid & ~0xfff) !== 0;
    if (!loadOperand(p, d, linear + 8, 8)) return Step.fault;
    const address = p.memory.address;
    const disabled = (p.state.low('cr4') & CR4.PCIDE) === 0 && pcid !== 0 && (type === 0 || type === 1);
    if (type < 0 || type > 3 || reserved || disabled || (type === 0 && !canonical(address))) return retire(p.protection(0));
    if (type === 0) translation.forgetPage(address);
    else if (type === 1) translation.forget(pcid);
    else translation.forgetAll();
    return Step.done;
  };
  return { INVLPG: invlpg, INVPCID: invpcid };
}

export function miscInstructions(translation: Translation): Record<string, Instruction> {
  const svm = ['VMRUN', 'VMLOAD', 'VMSAVE', 'STGI', 'CLGI', 'SKINIT', 'INVLPGA'];
  const vmx = ['VMFUNC', 'VMLAUNCH', 'VMRESUME', 'VMXOFF', 'VMREAD', 'VMWRITE', 'VMPTRLD', 'VMPTRST', 'VMCLEAR', 'VMXON', 'INVEPT', 'INVVPID'];
  return {
    PAUSE: plain('pause', () => Step.done), CPUID: executeCpuid, RDTSC: rdtsc, RDTSCP: rdtscp, RDPID: rdpid, RDPMC: rdpmc, HLT: hlt, MONITOR: monitor, MWAIT: mwait,
    INVD: cache('invd'), WBINVD: cache('wbinvd'), WBNOINVD: cache('wbinvd'), VMCALL: hypercall('vmcall'), VMMCALL: hypercall('vmmcall'),
    RDRAND: random('rdrand'), RDSEED: random('rdseed'), ...paging(translation),
    ...Object.fromEntries(svm.map((name) => [name, virtualization('svm')])), ...Object.fromEntries(vmx.map((name) => [name, virtualization('vmx')])),
  };
}


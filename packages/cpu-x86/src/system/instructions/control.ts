/** MOV to and from control and debug registers, LMSW, SMSW, CLTS, MSRs, XCR0, PKRU (Intel SDM vol. 2). */
import { CR0, CR4, EFER, RFLAGS } from '../../state/bits.ts';
import type { ControlRegisters } from '../control-registers.ts';
import { intercept } from '../exits.ts';
import { readOperand, registerHigh, registerLow, setRegister, writeWord } from '../operands.ts';
import { Exception, Step, type Processor } from '../processor.ts';
import { type Instruction, privileged, retire } from './instruction.ts';
import type { Translation } from '../translation.ts';

const NAMES = { 0: 'cr0', 2: 'cr2', 3: 'cr3', 4: 'cr4', 8: 'cr8' } as const;
type Number_ = keyof typeof NAMES;

export function controlInstructions(control: ControlRegisters, translation: Translation): Record<string, Instruction> {
  const fromControl: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const n = d.reg as Number_;
    if (n === 8 && p.apics !== undefined) p.state.setHalves('cr8', p.apics.taskPriority(p.index), 0);
    const value = p.state.low(NAMES[n]);
    if (p.control.interceptsControlRegister(n, 'read')) {
      return intercept(p, d.length, { what: 'controlRegister', register: n, access: 'read', general: d.rm, value });
    }
    setRegister(p, d.rm, d.operandSize, value, p.state.high(NAMES[n]));
    return Step.done;
  };

  const toControl: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const n = d.reg as Number_, low = registerLow(p, d.rm), high = d.operandSize === 64 ? registerHigh(p, d.rm) : 0;
    if (p.control.interceptsControlRegister(n, 'write')) {
      return intercept(p, d.length, { what: 'controlRegister', register: n, access: 'write', general: d.rm, value: low });
    }
    switch (n) {
      case 0: return retire(control.setCr0(low, high));
      case 2: p.state.setHalves('cr2', low, high); return Step.done;
      case 3: return retire(control.setCr3(low, high));
      case 4: return retire(control.setCr4(low, high));
      default:
        if (high !== 0 || (low & ~15) !== 0) return retire(p.protection(0));
        p.state.setHalves('cr8', low, 0);
        p.apics?.setTaskPriority(p.index, low);
        return Step.done;
    }
  };

  const clts: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    if (p.control.interceptsControlRegister(0, 'write')) return intercept(p, d.length, { what: 'controlRegister', register: 0, access: 'clts', general: -1, value: 0 });
    p.state.setHalves('cr0', p.state.low('cr0') & ~CR0.TS, 0);
    return Step.done;
  };

  const lmsw: Instruction = (p, d) => {
    if (!privileged(p) || !readOperand(p, d, 2)) return Step.fault;
    const value = p.memory.low & 15;
    if (p.control.interceptsControlRegister(0, 'write')) return intercept(p, d.length, { what: 'controlRegister', register: 0, access: 'lmsw', general: -1, value });
    // It sets PE but does not clear it.
    const old = p.state.low('cr0');
    return retire(control.setCr0((old & ~14) | value));
  };

  const smsw: Instruction = (p, d) => {
    if ((p.state.low('cr4') & CR4.UMIP) !== 0 && p.cpl > 0) return retire(p.protection(0));
    return retire(writeWord(p, d, p.state.low('cr0'), p.state.high('cr0')));
  };

  const readMsr: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const index = p.state.low('rcx');
    if (p.control.intercepts('msrs') && p.control.interceptsMsr(index, 'read')) return intercept(p, d.length, { what: 'msr', index: index >>> 0, access: 'read' });
    if (!p.msrs.read(index)) return Step.fault;
    p.state.setHalves('rax', p.msrs.low, 0);
    p.state.setHalves('rdx', p.msrs.high, 0);
    return Step.done;
  };
  const writeMsr: Instruction = (p, d) => {
    if (!privileged(p)) return Step.fault;
    const index = p.state.low('rcx');
    if (p.control.intercepts('msrs') && p.control.interceptsMsr(index, 'write')) return intercept(p, d.length, { what: 'msr', index: index >>> 0, access: 'write' });
    return retire(p.msrs.write(index, p.state.low('rax'), p.state.low('rdx')));
  };

  const hasXsave = (p: Processor): boolean => (p.state.low('cr4') & CR4.OSXSAVE) !== 0 || p.fault(Exception.invalidOpcode);
  const xgetbv: Instruction = (p) => {
    if (!hasXsave(p)) return Step.fault;
    const index = p.state.low('rcx');
    if (index !== 0 && !(index === 1 && p.model.features.has('XGETBV1'))) return retire(p.protection(0));
    // Index 1 tells which enabled components are in use: all may be.
    p.state.setHalves('rax', p.state.low('xcr0'), 0);
    p.state.setHalves('rdx', 0, 0);
    return Step.done;
  };
  const xsetbv: Instruction = (p, d) => {
    if (!hasXsave(p) || !privileged(p)) return Step.fault;
    if (p.control.intercepts('xsetbv')) return intercept(p, d.length, { what: 'xsetbv' });
    if (p.state.low('rcx') !== 0) return retire(p.protection(0));
    return retire(control.setXcr0(p.state.low('rax'), p.state.low('rdx')));
  };

  const pkru = (writing: boolean): Instruction => (p) => {
    if ((p.state.low('cr4') & CR4.PKE) === 0) return retire(p.fault(Exception.invalidOpcode));
    if (p.state.low('rcx') !== 0 || (writing && p.state.low('rdx') !== 0)) return retire(p.protection(0));
    if (writing) {
      // What the TLB holds was allowed by the old value.
      if (p.state.word('pkru') !== p.state.low('rax')) translation.forgetAll();
      p.state.setWord('pkru', p.state.low('rax'));
    } else {
      p.state.setHalves('rax', p.state.word('pkru'), 0);
      p.state.setHalves('rdx', 0, 0);
    }
    return Step.done;
  };

  const setAc = (on: boolean): Instruction => (p) => {
    if (p.cpl !== 0) return retire(p.fault(Exception.invalidOpcode));
    p.flags = on ? p.flags | RFLAGS.AC : p.flags & ~RFLAGS.AC;
    return Step.done;
  };

  const swapGs: Instruction = (p) => {
    if (!privileged(p)) return Step.fault;
    const gs = p.segment('gs'), kernel = p.state.get('kernelGsBase');
    p.state.set('kernelGsBase', gs.base);
    p.state.setSegment('gs', { ...gs, base: kernel });
    return Step.done;
  };
  const readBase = (name: 'fs' | 'gs'): Instruction => (p, d) => {
    if ((p.state.low('cr4') & CR4.FSGSBASE) === 0) return retire(p.fault(Exception.invalidOpcode));
    const { base } = p.segment(name);
    setRegister(p, d.rm, d.operandSize, Number(BigInt.asIntN(32, base)), Number(BigInt.asIntN(32, base >> 32n)));
    return Step.done;
  };
  const writeBase = (name: 'fs' | 'gs'): Instruction => (p, d) => {
    if ((p.state.low('cr4') & CR4.FSGSBASE) === 0) return retire(p.fault(Exception.invalidOpcode));
    const high = d.operandSize === 64 ? registerHigh(p, d.rm) : 0;
    return retire(p.msrs.write(name === 'fs' ? 0xc000_0100 : 0xc000_0101, registerLow(p, d.rm), high));
  };

  return {
    MOV_Ry_Cy: fromControl, MOV_Cy_Ry: toControl, CLTS: clts, LMSW: lmsw, SMSW: smsw, RDMSR: readMsr, WRMSR: writeMsr,
    XGETBV: xgetbv, XSETBV: xsetbv, RDPKRU: pkru(false), WRPKRU: pkru(true), STAC: setAc(true), CLAC: setAc(false), SWAPGS: swapGs,
    RDFSBASE: readBase('fs'), RDGSBASE: readBase('gs'), WRFSBASE: writeBase('fs'), WRGSBASE: writeBase('gs'),
  };
}

/** Whether SYSCALL and its kin are enabled. */
export const systemCallsEnabled = (p: Processor): boolean => (p.state.low('efer') & EFER.SCE) !== 0;

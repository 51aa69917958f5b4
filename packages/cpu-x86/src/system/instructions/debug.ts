/** MOV to and from debug registers (Intel SDM vol. 3B, 18.2). */
import { CR4 } from '../../state/bits.ts';
import { intercept } from '../exits.ts';
import { registerHigh, registerLow, setRegister } from '../operands.ts';
import { Exception, Step, type Processor } from '../processor.ts';
import { type Instruction, privileged, retire } from './instruction.ts';

const NAMES = ['dr0', 'dr1', 'dr2', 'dr3', 'dr6', 'dr7', 'dr6', 'dr7'] as const;
/** Bits that read as one (and GD of DR7, which any access finds). */
const FIXED = { dr6: 0xffff_0ff0 | 0, dr7: 0x400 } as const;
const GENERAL_DETECT = 1 << 13, DR6_BD = 1 << 13;

/** The register's index in `NAMES`, or −1 with the exception recorded: privilege, DR4 and DR5, general detect. */
function check(p: Processor, n: number): boolean {
  if (!privileged(p)) return false;
  if ((n === 4 || n === 5) && (p.state.low('cr4') & CR4.DE) !== 0) return p.fault(Exception.invalidOpcode);
  if ((p.state.low('dr7') & GENERAL_DETECT) === 0) return true;
  p.state.setHalves('dr6', p.state.low('dr6') | DR6_BD, 0);
  p.state.setHalves('dr7', p.state.low('dr7') & ~GENERAL_DETECT, 0);
  return p.fault(Exception.debug);
}

export const fromDebug: Instruction = (p, d) => {
  const n = d.reg & 7;
  if (!check(p, n)) return Step.fault;
  if (p.control.interceptsDebugRegister(n, 'read')) return intercept(p, d.length, { what: 'debugRegister', register: n, access: 'read', general: d.rm });
  const name = n === 4 ? 'dr6' : n === 5 ? 'dr7' : NAMES[n]!;
  setRegister(p, d.rm, d.operandSize, p.state.low(name), p.state.high(name));
  return Step.done;
};

export const toDebug: Instruction = (p, d) => {
  const n = d.reg & 7;
  if (!check(p, n)) return Step.fault;
  if (p.control.interceptsDebugRegister(n, 'write')) return intercept(p, d.length, { what: 'debugRegister', register: n, access: 'write', general: d.rm });
  const low = registerLow(p, d.rm), high = d.operandSize === 64 ? registerHigh(p, d.rm) : 0;
  const name = n === 4 ? 'dr6' : n === 5 ? 'dr7' : NAMES[n]!;
  if (name === 'dr6' || name === 'dr7') {
    if (high !== 0) return retire(p.protection(0));
    const kept = name === 'dr6' ? (low & 0xe00f) | FIXED.dr6 : (low & 0xffff_2bff) | FIXED.dr7;
    p.state.setHalves(name, kept, 0);
  } else p.state.setHalves(name, low, high);
  return Step.done;
};

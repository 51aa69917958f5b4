/** IN, OUT, INS and OUTS (Intel SDM vol. 1, chapter 19; vol. 2). */
import { Access } from '@polyvisor/core';
import type { Decoded } from '../../decode/decoded.ts';
import { RFLAGS } from '../../state/bits.ts';
import { linearOf } from '../descriptors.ts';
import { intercept } from '../exits.ts';
import { SYSTEM_READ } from '../linear-memory.ts';
import { cutAddress, isRepeated, loadOperand, segmentLinear, segmentName, setAccumulator, storeOperand } from '../operands.ts';
import { Step, type Processor } from '../processor.ts';
import { checkPortBreakpoints } from '../breakpoints.ts';
import type { Instruction } from './instruction.ts';

/** The I/O permission bitmap and IOPL; #GP(0) when the port is denied. */
export function mayUsePort(p: Processor, port: number, size: number): boolean {
  if (!p.protectedMode || (p.cpl <= p.iopl && !p.virtual8086)) return true;
  const tss = p.segment('tr');
  if ((tss.rights & 8) === 0 || tss.limit < 103) return p.protection(0);
  const base = Number(BigInt.asIntN(64, tss.base));
  if (!p.memory.load(linearOf(p, base + 102), 2, SYSTEM_READ)) return false;
  const at = p.memory.low + (port >> 3);
  // Two bytes are read, so that a word at the end of a byte is covered.
  if (at + 1 > tss.limit) return p.protection(0);
  if (!p.memory.load(linearOf(p, base + at), 2, SYSTEM_READ)) return false;
  return ((p.memory.low >> (port & 7)) & ((1 << size) - 1)) === 0 || p.protection(0);
}

type Width = 1 | 2 | 4;
const widthOf = (d: Decoded): Width => ((d.opcode & 1) === 0 ? 1 : d.operandSize === 16 ? 2 : 4);

const intercepted = (p: Processor, port: number, size: number): boolean => {
  if (!p.control.intercepts('ports')) return false;
  for (let i = 0; i < size; i++) if (p.control.interceptsPort((port + i) & 0xffff)) return true;
  return false;
};

export const inOut = (output: boolean): Instruction => (p, d) => {
  const size = widthOf(d), port = (d.opcode & 8) === 0 ? d.imm & 0xff : p.state.low('rdx') & 0xffff;
  if (!mayUsePort(p, port, size)) return Step.fault;
  if (intercepted(p, port, size)) {
    return intercept(p, d.length, { what: 'port', port, size, direction: output ? 'out' : 'in', string: false, rep: false, linear: 0 });
  }
  if (output) p.io.pioWrite(port, size, p.state.low('rax'));
  else setAccumulator(p, size, p.io.pioRead(port, size));
  checkPortBreakpoints(p, port, size);
  return Step.done;
};

/** One iteration, or with REP as many as fit in a page, unless something must be seen between them. */
export const strings = (output: boolean): Instruction => (p, d) => {
  const size = widthOf(d), port = p.state.low('rdx') & 0xffff, rep = isRepeated(d);
  const counter = rep ? cutAddress(p.state.get('rcx'), d.addressSize) : 1;
  if (counter === 0) return Step.done;
  if (!mayUsePort(p, port, size)) return Step.fault;
  const name = output ? segmentName(d.segment) : 'es', register = output ? 'rsi' : 'rdi';
  const offset = cutAddress(p.state.get(register), d.addressSize);
  const linear = segmentLinear(p, name, offset, size, output ? Access.read : Access.write);
  if (Number.isNaN(linear)) return Step.fault;
  if (intercepted(p, port, size)) {
    return intercept(p, d.length, { what: 'port', port, size, direction: output ? 'out' : 'in', string: true, rep, linear });
  }
  if (output) {
    if (!loadOperand(p, d, linear, size)) return Step.fault;
    p.io.pioWrite(port, size, p.memory.low);
  } else {
    // The port is read only when its value has a place.
    if (!p.memory.probe(linear, size, Access.write)) return Step.fault;
    if (!storeOperand(p, d, linear, size, p.io.pioRead(port, size))) return Step.fault;
  }
  checkPortBreakpoints(p, port, size);
  const step = (p.flags & RFLAGS.DF) !== 0 ? -size : size;
  setCounter(p, register, offset + step, d.addressSize);
  if (!rep) return Step.done;
  setCounter(p, 'rcx', counter - 1, d.addressSize);
  // RIP stays: the instruction runs again until the counter is zero.
  p.repeating = counter !== 1;
  return counter === 1 ? Step.done : Step.jump;
};

function setCounter(p: Processor, register: 'rcx' | 'rsi' | 'rdi', value: number, bits: number): void {
  if (bits === 16) p.state.setHalves(register, (p.state.low(register) & 0xffff_0000) | (value & 0xffff), p.state.high(register));
  else if (bits === 32) p.state.setHalves(register, value | 0, 0);
  else p.state.setHalves(register, value | 0, Math.floor(value / 2 ** 32) | 0);
}


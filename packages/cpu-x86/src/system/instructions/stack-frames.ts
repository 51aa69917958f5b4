/** PUSHA, POPA and ENTER where segments are not flat (Intel SDM vol. 2): every access is checked before any is made. */
import { GENERAL_REGISTERS, QUAD_OFFSETS } from '@polyvisor/core';
import { bytesOf, setRegister } from '../operands.ts';
import { Step } from '../processor.ts';
import { Stack } from '../stack.ts';
import type { Instruction } from './instruction.ts';

export const pushAll: Instruction = (p, d) => {
  const size = bytesOf(d), stack = Stack.current(p);
  for (let n = 0; n < 8; n++) if (!stack.push(size, p.state.low(GENERAL_REGISTERS[n]!))) return Step.fault;
  stack.commit();
  return Step.done;
};

export const popAll: Instruction = (p, d) => {
  const size = bytesOf(d), stack = Stack.current(p), values: number[] = [];
  for (let n = 0; n < 8; n++) {
    if (!stack.pop(size)) return Step.fault;
    values.push(p.memory.low);
  }
  stack.commit();
  // ESP's place is skipped.
  for (let n = 0; n < 8; n++) if (n !== 4) setRegister(p, n, d.operandSize, values[7 - n]!);
  return Step.done;
};

export const enter: Instruction = (p, d) => {
  const size = bytesOf(d), level = d.imm2 & 31, stack = Stack.current(p);
  if (!stack.push(size, p.state.low('rbp'), p.state.high('rbp'))) return Step.fault;
  const frame = stack.pointer;
  const from = new Stack(p, p.segment('ss'), p.address('rbp'), p.code64);
  for (let i = 1; i < level; i++) {
    if (!from.peek(-i * size, size) || !stack.push(size, p.memory.low, p.memory.high)) return Step.fault;
  }
  if (level > 0 && !stack.pushNumber(size, frame)) return Step.fault;
  stack.skip(-(d.imm & 0xffff));
  // The top of the new frame must be writable.
  const top = new Stack(p, p.segment('ss'), stack.pointer, p.code64);
  if (!top.peek(0, size)) return Step.fault;
  if (size === 2) p.state.view.setInt16(QUAD_OFFSETS.rbp, frame, true);
  else p.setAddress('rbp', frame);
  stack.commit();
  return Step.done;
};

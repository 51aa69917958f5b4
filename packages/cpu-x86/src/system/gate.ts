/** Gates of the IDT (Intel SDM vol. 3A, 6.11, 6.14.1). */
import { isPresent, dplOf, linearOf, SystemType } from './descriptors.ts';
import { SYSTEM_READ } from './linear-memory.ts';
import { Exception, type Processor } from './processor.ts';

export interface Gate {
  readonly type: number;
  readonly selector: number;
  /** Offset of the handler, a signed number in IA-32e mode. */
  readonly offset: number;
  /** Number of the stack in the interrupt stack table, 0 for none. */
  readonly stack: number;
  /** Bytes of a pushed word. */
  readonly size: 2 | 4 | 8;
}

/** Reads a vector's gate; `software` asks for the privilege check of INT n. `undefined` when an exception is due. */
export function readGate(p: Processor, vector: number, software: boolean): Gate | undefined {
  const wide = p.longMode, bytes = wide ? 16 : 8;
  const code = (vector << 3) | 2 | p.external;
  const none = (which: number): Gate | undefined => {
    p.fault(which, code);
    return undefined;
  };
  if (vector * bytes + bytes - 1 > p.state.word('idtrLimit')) return none(Exception.protection);
  const base = Number(BigInt.asIntN(64, p.state.get('idtrBase')));
  const at = linearOf(p, base + vector * bytes), { memory } = p;
  if (!memory.load(at, 8, SYSTEM_READ)) return undefined;
  const { low, high } = memory;
  const rights = (high >>> 8) & 0xff, type = rights & 0x1f;
  const known = type === SystemType.interruptGate32 || type === SystemType.trapGate32
    || (!wide && (type === SystemType.taskGate || type === SystemType.interruptGate16 || type === SystemType.trapGate16));
  if (!known || (software && dplOf(rights) < p.cpl)) return none(Exception.protection);
  if (!isPresent(rights)) return none(Exception.notPresent);
  let offset = ((high & 0xffff_0000) | (low & 0xffff)) >>> 0;
  if (wide) {
    if (!memory.load(at + 8, 8, SYSTEM_READ)) return undefined;
    offset += memory.low * 2 ** 32;
  } else if ((type & 8) === 0) offset &= 0xffff;
  return { type, selector: low >>> 16, offset, stack: wide ? high & 7 : 0, size: wide ? 8 : (type & 8) !== 0 ? 4 : 2 };
}

/** Interrupt gates clear RFLAGS.IF. */
export const clearsInterruptFlag = (gate: Gate): boolean => (gate.type & 7) === 6;

/** What happens when an exception is due: intercepts, delivery, double faults and shutdown (Intel SDM vol. 3A, 6.15). */
import { faultsInStack } from '../engine/stack-fault.ts';
import { ENGINE, NESTED_FAULT, NOT_CANONICAL } from '../state/engine-layout.ts';
import { nestedFaultExit } from './exits.ts';
import { deliver } from './interrupt.ts';
import { Exception, Step, type Processor } from './processor.ts';

const CONTRIBUTORY = new Set<number>([Exception.divide, Exception.invalidTss, Exception.notPresent, Exception.stack, Exception.protection, 21]);
/** Exceptions reported behind their instruction: #BP and #OF are software interrupts here, #DB is told by its cause. */
const isFault = (vector: number): boolean => vector !== Exception.debug && vector !== Exception.nmi && vector !== Exception.doubleFault;

/** Whether a second exception during the delivery of a first becomes a double fault (table 6-5). */
function doubles(first: number, second: number): boolean {
  if (CONTRIBUTORY.has(first)) return CONTRIBUTORY.has(second);
  return first === Exception.pageFault && (second === Exception.pageFault || CONTRIBUTORY.has(second));
}

/** An address that was not canonical is #SS or #GP, which the access decides. `generated`: the engine's code made it. */
export function settleFault(p: Processor, generated: boolean): void {
  if (p.faultVector !== NOT_CANONICAL) return;
  p.fault(generated && faultsInStack(p.engine) ? Exception.stack : Exception.protection, 0);
}

/** Delivers the recorded exception. `first` is the vector of an event whose delivery led to it, or −1. */
export function raise(p: Processor, first = -1): Step {
  let before = first;
  for (;;) {
    settleFault(p, false);
    if (p.faultVector === NESTED_FAULT) return p.exitWith(nestedFaultExit(p.engine));
    let vector = p.faultVector, errorCode = p.faultCode;
    if (before === Exception.doubleFault && (vector === Exception.pageFault || CONTRIBUTORY.has(vector))) return p.shutDown();
    if (before >= 0 && doubles(before, vector)) {
      vector = Exception.doubleFault;
      errorCode = 0;
    }
    const linear = vector === Exception.pageFault ? p.engine.host.view.getBigUint64(p.engine.block + ENGINE.faultLinear, true) : 0n;
    if (p.control.interceptsException(vector)) {
      const info = { what: 'exception', vector, errorCode, linear: Number(BigInt.asIntN(64, linear)) } as const;
      return p.exitWith({ kind: 'intercept', length: 0, info });
    }
    if (vector === Exception.pageFault) p.state.set('cr2', linear);
    if (deliver(p, { vector, errorCode, software: false, resume: isFault(vector) || p.repeating })) return Step.jump;
    if (p.exit !== undefined) return Step.exit;
    before = vector;
  }
}

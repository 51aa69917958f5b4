import { meanings } from '../meaning/meanings.ts';
import { ENGINE } from '../state/engine-layout.ts';
import { handlers, PSEUDO_COUNT } from '../uop/handlers.ts';
import { STACK_SEGMENT, UOP } from '../uop/record.ts';
import type { Engine } from './engine.ts';

/** Whether the access that was not canonical went to the stack's segment: then it is #SS, else #GP. */
export function faultsInStack(engine: Engine): boolean {
  const { view } = engine.host, uop = view.getInt32(engine.block + ENGINE.uop, true);
  const operand = (view.getUint8(uop + UOP.scale) & STACK_SEGMENT) !== 0;
  const spec = handlers[view.getUint16(uop + UOP.handler, true) - PSEUDO_COUNT];
  if (spec === undefined || meanings[spec.meaning]?.stack !== true) return operand;
  // Besides its operand it uses the stack itself; its own accesses begin where the operand's did not fault.
  if (!spec.operands.some((o) => o.kind === 'm')) return true;
  const top = engine.state.get('rsp');
  return operand || BigInt.asIntN(48, top) !== BigInt.asIntN(64, top);
}

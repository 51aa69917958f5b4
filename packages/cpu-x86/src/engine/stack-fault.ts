import { ENGINE } from '../state/engine-layout.ts';
import { planNumber } from '../uop/plans.ts';
import { STACK_SEGMENT, UOP } from '../uop/record.ts';
import type { Engine } from './engine.ts';

/** Whether the access that was not canonical went to the stack's segment: then it is #SS, else #GP. */
export function faultsInStack(engine: Engine): boolean {
  const { view } = engine.host, uop = view.getInt32(engine.block + ENGINE.uop, true);
  const operand = (view.getUint8(uop + UOP.scale) & STACK_SEGMENT) !== 0;
  const plan = planNumber(view.getUint16(uop + UOP.handler, true));
  if (plan?.stack !== true) return operand;
  // Besides its operand it uses the stack itself; its own accesses begin where the operand's did not fault.
  if (!plan.operands.some((o) => o.kind === 'm')) return true;
  const top = engine.state.get('rsp');
  return operand || BigInt.asIntN(48, top) !== BigInt.asIntN(64, top);
}

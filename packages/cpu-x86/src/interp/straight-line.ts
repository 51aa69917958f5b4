/**
 * Translates runs of instructions without inner control flow, from the same meanings as the interpreter. It is the
 * smallest translator there can be: what a block's registers and flags are when it is left must equal the interpreter's.
 */
import { GENERAL_REGISTERS, QUAD_OFFSETS } from '@polyvisor/core';
import { i64, ModuleBuilder, type Func, type FunctionBuilder, type Value } from '@polyvisor/wasm';
import { Flags } from '../meaning/flags.ts';
import { meanings } from '../meaning/meanings.ts';
import { ENGINE, STATUS } from '../state/engine-layout.ts';
import { UOP } from '../uop/record.ts';
import type { HandlerSpec } from '../uop/specs.ts';
import { defineMemoryFunctions, GuestMemory, importMemory, type MemoryFunctions } from './guest-memory.ts';
import { TranslatedContext } from './translated-context.ts';

/** A compiled instruction: its handler and its µop. */
export interface BlockInstruction {
  readonly spec: HandlerSpec;
  readonly uop: DataView;
}

function translate(m: ModuleBuilder, name: string, block: readonly BlockInstruction[], memory: MemoryFunctions): Func {
  return m.func(name, { params: ['i32'], results: ['i32'], names: ['state'] }, (s, state) => {
    const body = s as unknown as FunctionBuilder;
    const at = (): Value<'ptr'> => m.ptr.from_i32_u(state);
    const registers = GENERAL_REGISTERS.map((register) => s.var(i64.load(at(), QUAD_OFFSETS[register]), register));
    const result = s.var(i64.load(at(), ENGINE.flagResult)), carries = s.var(i64.load(at(), ENGINE.flagCarries));
    const flags = new Flags(body, result, carries);
    // RIP's page: no instruction of the block may lie in another one.
    s.i64.store(at(), s.let(i64.and(i64.load(at(), ENGINE.target), -4096)), ENGINE.ripPage);
    const target = s.local('i64', 'target'), status = s.local('i32', 'status'), retired = s.local('i32', 'retired');
    const goTo = (offset: number): void =>
      s.set(target, i64.and(i64.add(i64.load(at(), ENGINE.ripPage), offset), i64.load(at(), ENGINE.codeMask)));
    s.block((out) => {
      s.block((fault) => {
        block.forEach(({ spec, uop }, i) => {
          const offset = uop.getUint16(UOP.offset, true);
          goTo(offset);
          s.set(retired, i);
          s.loop((again) => {
            const context = new TranslatedContext(body, flags, new GuestMemory(m, body, state, memory, fault), spec, registers, uop, {
              jump: (rip) => {
                s.set(target, rip);
                s.set(retired, i + 1);
                s.br(out);
              },
              again: () => s.br(again),
              leave: (why) => {
                if (why === 'exception') s.br(fault);
                else {
                  s.set(status, STATUS[why]);
                  s.br(out);
                }
              },
            });
            meanings[spec.meaning]?.build(context);
          });
          if (i === block.length - 1) {
            goTo(offset + uop.getUint8(UOP.length));
            s.set(retired, i + 1);
          }
        });
        s.br(out);
      });
      s.set(status, STATUS.exception);
    });
    registers.forEach((local, i) => s.i64.store(at(), local.get(), QUAD_OFFSETS[GENERAL_REGISTERS[i] ?? 'rax']));
    s.i64.store(at(), result.get(), ENGINE.flagResult);
    s.i64.store(at(), carries.get(), ENGINE.flagCarries);
    s.i64.store(at(), target.get(), ENGINE.target);
    s.i32.store(at(), retired.get(), ENGINE.budget);
    return status.get();
  });
}

/** A module that exports one function `b0`, `b1` … for each block: `(state) -> STATUS`, the count retired in `budget`. */
export function buildBlocks(blocks: readonly (readonly BlockInstruction[])[], check = false): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder({ check, names: check });
  const memory = defineMemoryFunctions(m, importMemory(m));
  blocks.forEach((block, i) => m.export(`b${i}`, translate(m, `b${i}`, block, memory)));
  return m.toBytes();
}

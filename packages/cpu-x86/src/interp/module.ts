/** Builds the interpreter's module from the handlers. */
import { MMU_OFFSETS, QUAD_OFFSETS, TLB_OFFSETS } from '@polyvisor/core';
import { i32, i64, likely, select, unlikely, ModuleBuilder, type Func, type FunctionBuilder, type Label, type Value } from '@polyvisor/wasm';
import { Flags, STATUS_MASK } from '../meaning/flags.ts';
import { meanings } from '../meaning/meanings.ts';
import { ENGINE, MAP, STATUS } from '../state/engine-layout.ts';
import { handlers, hotCount } from '../uop/handlers.ts';
import { PSEUDO, PSEUDO_COUNT } from '../uop/pseudo.ts';
import { STACK_SEGMENT, UOP, UOP_SIZE } from '../uop/record.ts';
import type { HandlerSpec } from '../uop/specs.ts';
import { defineMemoryFunctions, GuestMemory, importMemory, type MemoryFunctions } from './guest-memory.ts';
import { defineSegmentCheck, type CheckSegment } from './segment-check.ts';
import { type Flow, UopContext } from './uop-context.ts';

/** What a handler with a function of its own answers. */
const COLD = { next: 0, jump: 1, near: 2, exception: 3, system: 4 } as const;

type Enter = Func<readonly ['i32', 'i32', 'i32'], readonly ['i32']>;

const build = (c: UopContext, spec: HandlerSpec): void => {
  const entry = meanings[spec.meaning];
  if (entry === undefined) throw new Error(`no meaning ${spec.meaning}`);
  entry.build(c);
};

/** A handler outside the switch: flags in memory around the call, the way on as its result. */
function coldHandler(m: ModuleBuilder, spec: HandlerSpec, memory: MemoryFunctions): Func {
  return m.func(spec.key, { params: ['i32', 'i32'], results: ['i32'], names: ['state', 'uop'] }, (s, state, uop) => {
    const at = m.ptr.from_i32_u(state), body = s as unknown as FunctionBuilder;
    const flagless = meanings[spec.meaning]?.flagless === true;
    const result = flagless ? s.local('i64') : s.var(i64.load(at, ENGINE.flagResult));
    const carries = flagless ? s.local('i64') : s.var(i64.load(at, ENGINE.flagCarries));
    const way = s.local('i32');
    s.block((fault) => {
      s.block((done) => {
        const go = (status: number): void => {
          s.set(way, status);
          s.br(done);
        };
        const flow: Flow = {
          jump: (rip) => {
            s.i64.store(m.ptr.from_i32_u(state), rip, ENGINE.target);
            go(COLD.jump);
          },
          near: (offset) => {
            s.i64.store(m.ptr.from_i32_u(state), i64.extend_i32_u(offset), ENGINE.target);
            go(COLD.near);
          },
          shadow: () => {
            throw new Error(`${spec.key}: an interrupt shadow needs the budget, which only cases of the switch know`);
          },
          leave: (status) => go(COLD[status]),
        };
        build(new UopContext(body, new Flags(body, result, carries), new GuestMemory(m, body, state, memory, fault), spec, () => uop, flow), spec);
      });
      if (!flagless) {
        s.i64.store(m.ptr.from_i32_u(state), result.get(), ENGINE.flagResult);
        s.i64.store(m.ptr.from_i32_u(state), carries.get(), ENGINE.flagCarries);
      }
      s.return(way.get());
    });
    return i32.const(COLD.exception);
  });
}

interface Imports {
  readonly enter: Enter;
  readonly cross: Enter;
}

/** `run(state)`: interprets until the budget in the block is used up or something must be answered; gives a `STATUS`. */
function defineRun(m: ModuleBuilder, memory: MemoryFunctions, imports: Imports, checkSegment: CheckSegment, cold: readonly Func[]): Func {
  const table = m.table('funcref', { min: Math.max(1, cold.length), max: Math.max(1, cold.length) });
  m.elem({ mode: 'active', table, offset: 0 }, cold);
  const coldType = m.type({ params: ['i32', 'i32'], results: ['i32'] });
  return m.func('run', { params: ['i32'], results: ['i32'], names: ['state'] }, (s, state) => {
    const at = m.ptr.from_i32_u(state), body = s as unknown as FunctionBuilder;
    const result = s.var(i64.load(at, ENGINE.flagResult), 'result'), carries = s.var(i64.load(at, ENGINE.flagCarries), 'carries');
    const budget = s.var(i32.load(at, ENGINE.budget), 'budget'), tlb = s.let(i32.load(at, MMU_OFFSETS.tlb));
    const uop = s.local('i32', 'uop'), map = s.local('i32', 'map'), page = s.local('i64', 'page');
    const target = s.local('i64', 'target'), status = s.local('i32', 'status');
    const flags = new Flags(body, result, carries);
    const ptr = (address: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(address);
    const ownRip = (): Value<'i64'> => i64.and(
      i64.add(i64.load(at, ENGINE.ripPage), i64.load16_u(ptr(uop.get()), UOP.offset)), i64.load(at, ENGINE.codeMask));
    const leave = (out: Label<[]>, code: number): void => {
      s.set(status, code);
      s.br(out);
    };

    // After a device was reached: the run ends behind this instruction, its budget being cut.
    const afterSlow = (): void => s.if(unlikely(i32.load(at, ENGINE.attention)), () => {
      s.i32.store(at, i32.add(i32.load(at, ENGINE.cut), budget.get()), ENGINE.cut);
      s.i32.store(at, 0, ENGINE.attention);
      s.set(budget, i32.const(0));
    });

    // No page is entered yet: no linear address lies in this one.
    s.set(page, i64.const(1, 0x80000000));
    s.set(target, i64.load(at, ENGINE.target));
    s.block((out) => {
      s.loop((transfer) => {
        // A branch to a place that cannot be fetched has retired; the fault belongs to the next run.
        s.if(unlikely(i32.eqz(budget.get())), () => leave(out, STATUS.budget));
        enterTarget(out);
        s.loop((dispatch) => {
          s.block((fault) => {
            const jump = (rip: Value<'i64'>): void => {
              s.set(target, rip);
              s.br(transfer);
            };
            const near = (offset: Value<'i32'>): void => {
              const bound = s.let(offset);
              const next = s.let(i32.load(ptr(s.let(i32.add(map.get(), i32.shl(bound, 2))))));
              s.if(likely(next), () => {
                s.set(uop, next);
                s.br(dispatch);
              });
              jump(s.let(i64.and(i64.add(i64.load(at, ENGINE.ripPage), i64.extend_i32_u(bound)), i64.load(at, ENGINE.codeMask))));
            };
            const flow: Flow = {
              jump, near,
              shadow: () => s.i32.store(at, budget.get(), ENGINE.shadowAt),
              leave: (code) => {
                if (code === 'exception') s.br(fault);
                else leaveAt(out, STATUS[code]);
              },
            };
            s.if(unlikely(i32.eqz(budget.get())), () => leaveAt(out, STATUS.budget, false));
            s.set(budget, i32.sub(budget.get(), 1));
            const number = s.let(i32.load16_u(ptr(uop.get()), UOP.handler));
            const guest = new GuestMemory(m, body, state, memory, fault, () => tlb, afterSlow);
            const cases = handlers.slice(0, hotCount).map((spec) => () =>
              build(new UopContext(body, flags, guest, spec, () => uop.get(), flow), spec));
            s.switch(number, [...pseudo(out, transfer, dispatch), ...cases], () => callCold(number, out, fault, jump, near));
            s.set(uop, i32.add(uop.get(), UOP_SIZE));
            s.br(dispatch);
          });
          leaveAt(out, STATUS.exception);
        });
      });
    });
    s.i64.store(at, result.get(), ENGINE.flagResult);
    s.i64.store(at, carries.get(), ENGINE.flagCarries);
    s.i32.store(at, budget.get(), ENGINE.budget);
    s.i32.store(at, uop.get(), ENGINE.uop);
    s.i64.store(at, target.get(), ENGINE.target);
    return status.get();

    /** Leaves with RIP at this instruction, which does not count as retired. */
    function leaveAt(out: Label<[]>, code: number, counted = true): void {
      s.set(target, ownRip());
      if (counted) s.set(budget, i32.add(budget.get(), 1));
      leave(out, code);
    }

    /** From a RIP to a µop: same page, a page that was decoded, or TypeScript. */
    function enterTarget(out: Label<[]>): void {
      // Beyond the code segment's limit: #GP(0) (SDM vol. 3A, 5.3).
      s.if(unlikely(i64.gt_u(target.get(), i64.load(at, ENGINE.codeLimit))), () => {
        s.i32.store(at, 13, ENGINE.faultVector);
        s.i32.store(at, 0, ENGINE.faultCode);
        leave(out, STATUS.exception);
      });
      const linear = s.let(i64.and(i64.add(target.get(), i64.load(at, ENGINE.codeBase)), i64.load(at, ENGINE.codeMask)));
      s.set(uop, i32.const(0));
      s.block((found) => {
        s.if(i64.ge_u(i64.xor(linear, page.get()), 4096), () => {
          const low = s.let(i32.wrap_i64(linear));
          const entry = s.let(i32.add(i32.and(i32.shr_u(low, 7), 0x1ffe0), tlb));
          const wanted = i64.or(i64.and(linear, -4096), i64.load(at, ENGINE.tlbTag));
          s.br_if(found, unlikely(i64.ne(i64.load(ptr(entry), TLB_OFFSETS.fetchTag), wanted)));
          const frame = i32.shr_u(i32.add(low, i32.load(ptr(entry), TLB_OFFSETS.addend)), 12);
          const other = s.let(i32.load(ptr(s.let(i32.add(i32.load(at, ENGINE.frameMaps), i32.shl(frame, 2))))));
          s.br_if(found, unlikely(i32.eqz(other)));
          s.br_if(found, unlikely(i32.ne(i32.load(ptr(other), MAP.mode), i32.load(at, ENGINE.codeMode))));
          s.set(map, other);
          s.set(page, i64.and(linear, -4096));
          s.i64.store(at, i64.sub(page.get(), i64.load(at, ENGINE.codeBase)), ENGINE.ripPage);
        });
        s.set(uop, i32.load(ptr(s.let(i32.add(map.get(), i32.shl(i32.and(i32.wrap_i64(linear), 4095), 2))))));
      });
      s.if(unlikely(i32.eqz(uop.get())), () => {
        s.set(uop, s.call(imports.enter, state, s.let(i32.wrap_i64(linear)), s.let(i32.wrap_i64(i64.shr_u(linear, 32)))));
        s.if(i32.eqz(uop.get()), () => {
          s.set(status, i32.load(at, ENGINE.uop));
          s.br(out);
        });
        s.set(map, i32.load(at, ENGINE.map));
        s.set(page, i64.and(linear, -4096));
        s.i64.store(at, i64.sub(page.get(), i64.load(at, ENGINE.codeBase)), ENGINE.ripPage);
      });
    }

    function pseudo(out: Label<[]>, transfer: Label<[]>, dispatch: Label<[]>): (() => void)[] {
      // On to the µop that a check belongs to; only that one counts.
      const pass = (): void => {
        s.set(budget, i32.add(budget.get(), 1));
        s.set(uop, i32.add(uop.get(), UOP_SIZE));
        s.br(dispatch);
      };
      const raise = (vector: Value<'i32'> | number, code: number): void => {
        s.i32.store(at, vector, ENGINE.faultVector);
        s.i32.store(at, code, ENGINE.faultCode);
        leaveAt(out, STATUS.exception);
      };
      const list: (() => void)[] = [];
      list[PSEUDO.resume] = () => {
        s.set(budget, i32.add(budget.get(), 1));
        s.set(target, ownRip());
        s.br(transfer);
      };
      list[PSEUDO.crossing] = () => {
        s.set(budget, i32.add(budget.get(), 1));
        const linear = s.let(i64.add(page.get(), i64.load16_u(ptr(uop.get()), UOP.offset)));
        const next = s.call(imports.cross, state, s.let(i32.wrap_i64(linear)), s.let(i32.wrap_i64(i64.shr_u(linear, 32))));
        s.if(i32.eqz(next), () => {
          s.set(target, ownRip());
          s.set(status, i32.load(at, ENGINE.uop));
          s.br(out);
        });
        s.set(uop, next);
        s.br(dispatch);
      };
      list[PSEUDO.invalid] = () => raise(6, -1);
      list[PSEUDO.tooLong] = () => raise(13, 0);
      list[PSEUDO.unimplemented] = () => leaveAt(out, STATUS.unimplemented);
      list[PSEUDO.unavailable] = () => raise(7, -1);
      list[PSEUDO.segment] = () => {
        s.if(s.call(checkSegment, state, uop.get()), () =>
          raise(select(i32.const(12), i32.const(13), i32.and(i32.load8_u(ptr(uop.get()), UOP.scale), STACK_SEGMENT)), 0));
        pass();
      };
      list[PSEUDO.limit] = () => {
        const last = i32.add(i32.load16_u(ptr(uop.get()), UOP.offset), i32.sub(i32.load8_u(ptr(uop.get()), UOP.length), 1));
        const end = i64.and(i64.add(i64.load(at, ENGINE.ripPage), i64.extend_i32_u(last)), i64.load(at, ENGINE.codeMask));
        s.if(i64.gt_u(end, i64.load(at, ENGINE.codeLimit)), () => raise(13, 0));
        pass();
      };
      return list;
    }

    function callCold(
      number: Value<'i32'>, out: Label<[]>, fault: Label<[]>, jump: (rip: Value<'i64'>) => void, near: (offset: Value<'i32'>) => void,
    ): void {
      s.i64.store(at, result.get(), ENGINE.flagResult);
      s.i64.store(at, carries.get(), ENGINE.flagCarries);
      s.i32.store(at, budget.get(), ENGINE.budget);
      const way = s.call_indirect(table, coldType, i32.sub(number, PSEUDO_COUNT + hotCount), state, uop.get());
      s.set(result, i64.load(at, ENGINE.flagResult));
      s.set(carries, i64.load(at, ENGINE.flagCarries));
      const more = s.let(i32.load(at, ENGINE.bulk));
      s.if(unlikely(more), () => {
        s.set(budget, i32.sub(budget.get(), more));
        s.i32.store(at, 0, ENGINE.bulk);
      });
      afterSlow();
      s.if(way, () => {
        s.br_if(fault, i32.eq(way, COLD.exception));
        s.if(i32.eq(way, COLD.jump), () => jump(s.let(i64.load(at, ENGINE.target))));
        s.if(i32.eq(way, COLD.near), () => {
          const offset = s.let(i32.load(at, ENGINE.target));
          s.if(i32.eq(offset, i32.load16_u(ptr(uop.get()), UOP.offset)), () => s.i32.store(at, budget.get(), ENGINE.repeatAt));
          near(offset);
        });
        leaveAt(out, STATUS.system);
      });
    }
  });
}

/** The status flags in memory, as RFLAGS has them and as the lazy form has them. */
function defineFlagFunctions(m: ModuleBuilder): void {
  const at = (state: Value<'i32'>): Value<'ptr'> => m.ptr.from_i32_u(state);
  m.export('materialise', m.func('materialise', { params: ['i32'], results: [] }, (s, state) => {
    const body = s as unknown as FunctionBuilder;
    const flags = new Flags(body, s.var(i64.load(at(state), ENGINE.flagResult)), s.var(i64.load(at(state), ENGINE.flagCarries)));
    const rest = i32.and(i32.load(at(state), QUAD_OFFSETS.rflags), ~STATUS_MASK);
    s.i32.store(at(state), s.let(i32.or(rest, flags.materialise())), QUAD_OFFSETS.rflags);
  }));
  m.export('assume', m.func('assume', { params: ['i32'], results: [] }, (s, state) => {
    const body = s as unknown as FunctionBuilder;
    const result = s.local('i64'), carries = s.local('i64');
    new Flags(body, result, carries).assign(s.let(i32.load(at(state), QUAD_OFFSETS.rflags)));
    s.i64.store(at(state), result.get(), ENGINE.flagResult);
    s.i64.store(at(state), carries.get(), ENGINE.flagCarries);
  }));
}

export function buildInterpreter(check: boolean): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder({ check, names: check });
  const imports = importMemory(m);
  const enter = m.importFunc('engine', 'enter', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const cross = m.importFunc('engine', 'cross', { params: ['i32', 'i32', 'i32'], results: ['i32'] });
  const memory = defineMemoryFunctions(m, imports);
  const cold = handlers.slice(hotCount).map((spec) => coldHandler(m, spec, memory));
  m.export('run', defineRun(m, memory, { enter, cross }, defineSegmentCheck(m), cold));
  defineFlagFunctions(m);
  return m.toBytes();
}

/** Control instructions: words, environments, the whole state (Intel SDM vol. 1, 8.1.10, 8.3.11). */
import { QUAD_OFFSETS } from '@polyvisor/core';
import { i32, type Value } from '@polyvisor/wasm';
import type { MeaningEntry, Meanings } from '../context.ts';
import { as32 } from '../words.ts';
import { ENVIRONMENT_SIZE, REGISTERS_SIZE } from './define-environment.ts';
import { BUSY, ES, EXCEPTIONS, SF } from './fpu.ts';
import { control, waiting, type X87Instruction } from './instruction.ts';

const VIRTUAL_8086 = 1 << 17;

/** Whether images have the form of real-address mode, which virtual-8086 mode shares. */
function isReal({ c, state }: X87Instruction): Value<'i32'> {
  const protectedMode = i32.and(i32.load(c.module.ptr.from_i32_u(state), QUAD_OFFSETS.cr0), 1);
  return i32.or(i32.eqz(protectedMode), i32.and(c.systemFlags(), VIRTUAL_8086));
}

function convertEnvironment(x: X87Instruction, way: 'saveEnvironment' | 'loadEnvironment'): void {
  const { c, s, f, state } = x, bits = c.size === 16 ? 16 : 32;
  s.if(isReal(x), () => s.call(f[way][`real${bits}`], state), () => s.call(f[way][`protected${bits}`], state));
}

const save = (whole: boolean): MeaningEntry => ({
  cold: true,
  build: control((x) => {
    const { c, s, fpu, f, state } = x, size = ENVIRONMENT_SIZE[c.size === 16 ? 16 : 32], bytes = size + (whole ? REGISTERS_SIZE : 0);
    const image = c.image(c.linear(), bytes, 'write');
    convertEnvironment(x, 'saveEnvironment');
    if (whole) s.call(f.saveRegisters, state, size);
    image.store(0, bytes);
    if (whole) {
      s.call(f.initialise, state);
      return;
    }
    fpu.setControl(i32.or(fpu.control(), EXCEPTIONS));
    fpu.setStatus(i32.and(fpu.status(), ~(ES | BUSY)));
  }).build,
});
const load = (whole: boolean): MeaningEntry => ({
  cold: true,
  build: waiting((x) => {
    const { c, s, f, state } = x, size = ENVIRONMENT_SIZE[c.size === 16 ? 16 : 32], bytes = size + (whole ? REGISTERS_SIZE : 0);
    c.image(c.linear(), bytes, 'read').fetch(0, bytes);
    convertEnvironment(x, 'loadEnvironment');
    // The registers are numbered from the TOP that was loaded.
    if (whole) s.call(f.loadRegisters, state, size);
  }).build,
});

const loadControl = waiting(({ c, s, fpu, f, state }) => s.call(f.setWords, state, as32(c.load(c.linear(), 16)), fpu.status()));
const storeWord = (which: 'control' | 'status'): MeaningEntry => control(({ c, fpu }) => c.store(c.linear(), fpu[which](), 16));
const statusToAx = control(({ c, s, fpu }) => c.setRegister('rax', s.let(fpu.status()), 16));
const clear = control(({ fpu }) => fpu.setStatus(i32.and(fpu.status(), ~(EXCEPTIONS | SF | ES | BUSY))));
const nothing = (): void => undefined;

export const controls: Meanings = {
  FLDCW_Mw: loadControl, FNSTCW_Mw: storeWord('control'), FNSTSW_Mw: storeWord('status'), FNSTSW_AX: statusToAx,
  FNCLEX: clear, FNINIT: control(({ s, f, state }) => s.call(f.initialise, state)),
  FNSTENV_Menv: save(false), FNSAVE_Mst: save(true), FLDENV_Menv: load(false), FRSTOR_Mst: load(true),
  WAIT: waiting(nothing), FNENI: control(nothing), FNDISI: control(nothing), FNSETPM: control(nothing),
};

export type { Given, Results } from './build/basic-builder.ts';
export { FunctionBuilder } from './build/function-builder.ts';
export { Label } from './build/label.ts';
export { type Body, ModuleBuilder, type ModuleOptions, type Signature } from './build/module-builder.ts';
export type { DataMode, ElemMode } from './build/segments.ts';
export type { Limits } from './encode/sections.ts';
export { type BuildFault, WasmBuildError } from './errors.ts';
export { allOps, opName, type OpName, type OpRow } from './opcodes/index.ts';
export type { NumType, RefType, TypeList, ValType } from './types.ts';
export { call, call_indirect, ifElse, likely, ref, select, table, tee, unlikely } from './value/expressions.ts';
export {
  DataSegment, ElemSegment, Func, FuncType, Global, Local, Memory, Table,
} from './value/items.ts';
export { f32, f32x4, f64, f64x2, i16x8, i32, i32x4, i64, i64x2, i8x16, memory, v128 } from './value/ops.ts';
export { type PtrOps, ptrOps } from './value/ptr.ts';
export { type Arg, type Args, Value, type Values } from './value/value.ts';
export { disassemble } from './disassemble/print.ts';
export { type Code, type ModuleContents, readModule } from './disassemble/module.ts';
export type { Instruction } from './disassemble/code.ts';

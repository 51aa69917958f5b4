import { ByteWriter } from '../encode/byte-writer.ts';
import { type Limits, Section, SECTION, writeCustom, writeLimits } from '../encode/sections.ts';
import { I32, I64, type RefType, typeCode, typeCodes, type TypeList, type ValType } from '../types.ts';
import { operand } from '../value/factories.ts';
import { DataSegment, ElemSegment, Func, FuncType, Global, Memory, Table } from '../value/items.ts';
import { type PtrOps, ptrOps } from '../value/ptr.ts';
import { fail, session } from '../value/session.ts';
import { type Arg, K_LOCAL, USED, Value, type Values } from '../value/value.ts';
import type { FunctionContext, Given } from './basic-builder.ts';
import { CodeStore, releaseScratch, takeScratch } from './code-store.ts';
import { writeConstant } from './constant-expression.ts';
import { Emitter } from './emitter.ts';
import { FunctionBuilder } from './function-builder.ts';
import { LocalPool } from './local-pool.ts';
import { type DataMode, type ElemMode, writeData, writeElem } from './segments.ts';
import { TypeRegistry } from './type-registry.ts';
import { opName } from '../opcodes/index.ts';

/** The section that defines what an import of each kind brings (5.5.5). */
const DEFINING = [SECTION.func, SECTION.table, SECTION.memory, SECTION.global];

/** Choices for a whole module. */
export interface ModuleOptions {
  /** Width of addresses: 32 (the default) or 64. Decides what `ptr` is and the kind of all memories. */
  readonly pointer?: 32 | 64;
  /** Whether every instruction is type-checked and every value's use verified. On unless told; off for speed. */
  readonly check?: boolean;
  /** Whether a `name` section is written. As `check` unless told. */
  readonly names?: boolean;
}

/** Parameters and results of a function. */
export interface Signature<P extends TypeList, R extends TypeList> {
  readonly params: P;
  readonly results: R;
  /** Names of the parameters, for the name section. */
  readonly names?: readonly string[];
}

/** Builds a function's statements; what it returns are the function's results. */
export type Body<P extends TypeList, R extends TypeList> =
  (s: FunctionBuilder<R>, ...params: Values<P>) => Given<R>;

/**
 * Builds a module. Imports come before the definitions of the same kind, since they take the first indices; apart from
 * that the order is free. `toBytes` gives the finished module.
 */
export class ModuleBuilder implements FunctionContext {
  /** Address arithmetic of the module's width. */
  readonly ptr: PtrOps;
  readonly ptrType: number;
  readonly #check: boolean;
  readonly #sections = Object.fromEntries(
    Object.values(SECTION).map((id) => [id, new Section(id)]),
  ) as Record<number, Section>;
  readonly #types: TypeRegistry;
  readonly #code: CodeStore;
  readonly #customs: { readonly name: string; readonly content: ByteWriter }[] = [];
  #imported = { func: 0, table: 0, memory: 0, global: 0 };
  #start: Func | null = null;
  /** Kinds of which something is defined, so that no import may follow. */
  readonly #defined = new Set<number>();

  constructor(options: ModuleOptions = {}) {
    const { pointer = 32, check = true, names = check } = options;
    this.ptr = ptrOps(pointer);
    this.ptrType = pointer === 32 ? I32 : I64;
    this.#check = check;
    this.#types = new TypeRegistry(this.#section(SECTION.type));
    this.#code = new CodeStore(names);
  }

  #section(id: number): Section {
    return this.#sections[id] ?? fail({ code: 'bad-module', problem: `no section ${id}` });
  }

  /** A function type, for indirect calls. Equal types have one index. */
  type<const P extends TypeList, const R extends TypeList>(signature: Signature<P, R>): FuncType<P, R> {
    const params = typeCodes(signature.params, this.ptrType);
    const results = typeCodes(signature.results, this.ptrType);
    return new FuncType(this.#types.index(params, results), signature.params, signature.results, params, results);
  }

  blockType(params: readonly number[], results: readonly number[]): number {
    return this.#types.index(params, results);
  }

  #import(module: string, name: string, kind: number): ByteWriter {
    if (this.#defined.has(DEFINING[kind] ?? -1)) {
      fail({ code: 'bad-module', problem: `import ${module}.${name} must come before all definitions of its kind` });
    }
    const out = this.#section(SECTION.import).entry();
    out.text(module);
    out.text(name);
    out.u8(kind);
    return out;
  }

  importFunc<const P extends TypeList, const R extends TypeList>(
    module: string, name: string, signature: Signature<P, R>,
  ): Func<P, R> {
    const type = this.type(signature);
    this.#import(module, name, 0).u32(type.index);
    const func = new Func(this.#imported.func++, type, name);
    this.#code.name(func.index, name, []);
    return func;
  }

  importTable<T extends RefType>(module: string, name: string, type: T, limits: Limits): Table<T> {
    const out = this.#import(module, name, 1);
    out.u8(typeCode(type));
    writeLimits(out, limits, false);
    return new Table(this.#imported.table++, type);
  }

  /** Sizes are in pages of 64 KiB. */
  importMemory(module: string, name: string, limits: Limits): Memory {
    this.#memoryLimits(this.#import(module, name, 2), limits);
    return new Memory(this.#imported.memory++);
  }

  importGlobal<T extends ValType>(module: string, name: string, type: T, mutable = false): Global<T> {
    const out = this.#import(module, name, 3);
    const [code = 0] = typeCodes([type], this.ptrType);
    out.u8(code);
    out.u8(mutable ? 1 : 0);
    return new Global(this.#imported.global++, type, code, mutable);
  }

  #memoryLimits(out: ByteWriter, limits: Limits): void {
    if (limits.shared === true && limits.max === undefined) {
      fail({ code: 'bad-module', problem: 'a shared memory needs a maximum' });
    }
    writeLimits(out, limits, this.ptrType === I64);
  }

  /** Begins an entry of a section of definitions; gives the item's index. */
  #define(id: number, imported: number): { out: ByteWriter; index: number } {
    this.#defined.add(id);
    const section = this.#section(id);
    const index = imported + section.count;
    return { out: section.entry(), index };
  }

  /** Sizes are in pages of 64 KiB. */
  memory(limits: Limits): Memory {
    const { out, index } = this.#define(SECTION.memory, this.#imported.memory);
    this.#memoryLimits(out, limits);
    return new Memory(index);
  }

  table<T extends RefType>(type: T, limits: Limits): Table<T> {
    const { out, index } = this.#define(SECTION.table, this.#imported.table);
    out.u8(typeCode(type));
    writeLimits(out, limits, false);
    return new Table(index, type);
  }

  global<T extends ValType>(type: T, initial: Arg<NoInfer<T>>, mutable = false): Global<T> {
    const { out, index } = this.#define(SECTION.global, this.#imported.global);
    const [code = 0] = typeCodes([type], this.ptrType);
    out.u8(code);
    out.u8(mutable ? 1 : 0);
    writeConstant(out, operand(initial, code, 0x23), code, this.ptrType);
    return new Global(index, type, code, mutable);
  }

  /** A function whose body follows with `define`: for recursion and forward calls. */
  declare<const P extends TypeList, const R extends TypeList>(name: string, signature: Signature<P, R>): Func<P, R> {
    const type = this.type(signature);
    const { out, index } = this.#define(SECTION.func, this.#imported.func);
    out.u32(type.index);
    const func = new Func(index, type, name);
    this.#code.declare(func);
    return func;
  }

  /** A function with its body. */
  func<const P extends TypeList, const R extends TypeList>(
    name: string, signature: Signature<P, R>, body: Body<P, R>,
  ): Func<P, R> {
    const func = this.declare(name, signature);
    this.define(func, body, signature.names);
    return func;
  }

  /** The body of a declared function. */
  define<P extends TypeList, R extends TypeList>(func: Func<P, R>, body: Body<P, R>, names: readonly string[] = []): void {
    const { paramCodes, resultCodes } = func.type;
    const outer = { ...session };
    session.func = func.name;
    session.effects = this.#check ? [] : null;
    const out = takeScratch();
    try {
      const emitter = new Emitter(out, this.ptrType, resultCodes, this.#check);
      const locals = new LocalPool(paramCodes);
      names.forEach((name, index) => locals.name(index, name));
      const params = paramCodes.map((type, index) => new Value(K_LOCAL, 0x20, type, null, null, null, index, 0, null));
      const builder = new FunctionBuilder<R>(this, emitter, locals, func);
      builder.complete((body as (s: FunctionBuilder<R>, ...params: Value[]) => unknown)(builder, ...params));
      locals.end(params);
      this.#refuseLost(session.effects);
      this.#code.define(func, this.#imported.func, locals, out, emitter.hints);
    } finally {
      releaseScratch(out);
      session.func = outer.func;
      session.effects = outer.effects;
    }
  }

  #refuseLost(effects: readonly Value[] | null): void {
    const lost = effects?.find((value) => (value.flags & USED) === 0);
    if (lost !== undefined) fail({ code: 'value-lost', op: opName(lost.op) });
  }

  export(name: string, item: Func | Table | Memory | Global): void {
    const kinds = { func: 0, table: 1, memory: 2, global: 3 };
    const out = this.#section(SECTION.export).entry();
    out.text(name);
    out.u8(kinds[item.kind]);
    out.u32(item.index);
  }

  /** A segment of function references; `null` is the null reference. */
  elem(mode: ElemMode, funcs: readonly (Func | null)[]): ElemSegment {
    const { out, index } = this.#define(SECTION.elem, 0);
    writeElem(out, mode, funcs, this.ptrType);
    return new ElemSegment(index);
  }

  /** A segment of bytes. */
  dataSegment(mode: DataMode, bytes: ArrayLike<number>): DataSegment {
    const { out, index } = this.#define(SECTION.data, 0);
    writeData(out, mode, bytes, this.ptrType);
    return new DataSegment(index);
  }

  /** The function that instantiation calls. */
  start(func: Func<readonly [], readonly []>): void {
    this.#start = func;
  }

  /** A custom section, written at the end. */
  custom(name: string, bytes: ArrayLike<number>): void {
    const content = new ByteWriter(bytes.length);
    content.append(bytes);
    this.#customs.push({ name, content });
  }

  /** The module. May be called again after more was added. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter(0x2000);
    out.append([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]);
    const { type, import: imports, func, table, memory, global, export: exports, elem, data } = SECTION;
    for (const id of [type, imports, func, table, memory, global, exports]) this.#section(id).write(out);
    if (this.#start !== null) this.#single(out, SECTION.start, this.#start.index);
    this.#section(elem).write(out);
    if (this.#section(data).count > 0) this.#single(out, SECTION.dataCount, this.#section(data).count);
    this.#code.writeHints(out);
    this.#code.writeCode(out);
    this.#section(data).write(out);
    this.#code.writeNames(out);
    for (const { name, content } of this.#customs) writeCustom(out, name, content);
    return out.toBytes();
  }

  /** A section that holds one number. */
  #single(out: ByteWriter, id: number, value: number): void {
    const content = new ByteWriter(8);
    content.u32(value);
    out.u8(id);
    out.u32(content.length);
    out.appendRange(content, 0, content.length);
  }
}

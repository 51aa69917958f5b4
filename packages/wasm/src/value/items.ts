import type { TypeList, ValType } from '../types.ts';
import { typeCode } from '../types.ts';
import { K_GLOBAL, K_LOCAL, ONCE, Value } from './value.ts';

/** A function type of a module, made by `ModuleBuilder.type`. */
export class FuncType<P extends TypeList = TypeList, R extends TypeList = TypeList> {
  readonly index: number;
  readonly params: P;
  readonly results: R;
  /** Encoded, with `ptr` resolved. */
  readonly paramCodes: readonly number[];
  readonly resultCodes: readonly number[];

  constructor(index: number, params: P, results: R, paramCodes: readonly number[], resultCodes: readonly number[]) {
    this.index = index;
    this.params = params;
    this.results = results;
    this.paramCodes = paramCodes;
    this.resultCodes = resultCodes;
  }
}

/** A function of a module: imported, declared, or defined. */
export class Func<P extends TypeList = TypeList, R extends TypeList = TypeList> {
  readonly kind = 'func';
  readonly index: number;
  readonly type: FuncType<P, R>;
  readonly name: string;

  constructor(index: number, type: FuncType<P, R>, name: string) {
    this.index = index;
    this.type = type;
    this.name = name;
  }
}

/** A linear memory of a module. */
export class Memory {
  readonly kind = 'memory';
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A table of references of a module. */
export class Table<T extends 'funcref' | 'externref' = 'funcref' | 'externref'> {
  readonly kind = 'table';
  readonly index: number;
  readonly type: T;
  readonly code: number;

  constructor(index: number, type: T) {
    this.index = index;
    this.type = type;
    this.code = typeCode(type);
  }
}

/** A global variable of a module. */
export class Global<T extends ValType = ValType> {
  readonly kind = 'global';
  readonly index: number;
  readonly type: T;
  readonly code: number;
  readonly mutable: boolean;
  /** When it was last written by the function being built; see `Local.clock`. */
  clock = -1;

  constructor(index: number, type: T, code: number, mutable: boolean) {
    this.index = index;
    this.type = type;
    this.code = code;
    this.mutable = mutable;
  }

  /** Its content, read where the value is used. An immutable global may be used any number of times. */
  get(): Value<T> {
    return new Value<T>(K_GLOBAL | (this.mutable ? ONCE : 0), 0x23, this.code, null, null, null, this.index, 0, this);
  }
}

/** A segment for `table.init`, or one applied or declared at instantiation. */
export class ElemSegment {
  readonly kind = 'elem';
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A segment for `memory.init`, or one copied at instantiation. */
export class DataSegment {
  readonly kind = 'data';
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/** A variable of a function, made by `FunctionBuilder.var` or `.local`. */
export class Local<T extends ValType = ValType> {
  readonly kind = 'local';
  readonly index: number;
  readonly type: number;
  /** `session.now` after its last write: a read made earlier must not be used later. Kept only when checking. */
  clock = -1;
  /** False once its scope has ended. */
  alive = true;

  constructor(index: number, type: number) {
    this.index = index;
    this.type = type;
  }

  /** Its content, read where the value is used. */
  get(): Value<T> {
    return new Value<T>(K_LOCAL | ONCE, 0x20, this.type, null, null, null, this.index, 0, this);
  }
}

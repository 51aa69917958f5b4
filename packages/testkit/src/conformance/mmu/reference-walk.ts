/**
 * What a walk of guest tables does, written plainly from the manuals (Intel SDM vol. 3A chapter 4) to judge MMUs by. It
 * writes nothing: the marks that it would make are part of its answer.
 */
export interface WalkRegisters {
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly rflags: bigint;
  readonly cpl: number;
  readonly pkru: number;
  readonly pdptes: readonly bigint[];
}

export interface Processor {
  /** MAXPHYADDR. */
  readonly physicalBits: number;
  readonly la57: boolean;
  readonly pages1g: boolean;
}

/** A frame as the second level has it. */
export interface Frame {
  readonly kind: 'ram' | 'mmio' | 'absent';
  /** Byte offset in the Host's memory. */
  readonly host: number;
  /** Bits of `Access`. */
  readonly rights: number;
}

export interface WalkMemory {
  readonly view: DataView;
  frame(number: number): Frame;
  /** Which rights a walk needs to read a table; marking an entry takes the right to write in any case. */
  readonly tableRights: number;
}

/** A 32- or 64-bit word that a walk writes, by host offset. */
export type Marks = ReadonlyMap<number, { readonly value: bigint; readonly bytes: 4 | 8 }>;

export type WalkResult =
  | { readonly kind: 'ok' | 'mmio'; readonly gpa: bigint; readonly host: number; readonly shift: number; readonly rights: number;
      readonly global: boolean; readonly dirty: boolean; readonly marks: Marks }
  | { readonly kind: 'page-fault'; readonly errorCode: number; readonly marks: Marks }
  | { readonly kind: 'nested-fault'; readonly gpa: bigint; readonly marks: Marks };

interface Entry {
  readonly value: bigint;
  readonly host: number;
  readonly gpa: bigint;
}

class Stop extends Error {
  readonly result: WalkResult;
  constructor(result: WalkResult) {
    super(result.kind);
    this.result = result;
  }
}

const bit = (word: bigint, n: number): boolean => ((word >> BigInt(n)) & 1n) === 1n;
const bits = (word: bigint, from: number, to: number): bigint => (word >> BigInt(from)) & ((1n << BigInt(to - from + 1)) - 1n);

class Walk {
  readonly r: WalkRegisters;
  readonly p: Processor;
  readonly memory: WalkMemory;
  readonly linear: bigint;
  readonly read: boolean;
  readonly write: boolean;
  readonly fetch: boolean;
  readonly implicit: boolean;
  readonly user: boolean;
  readonly marks = new Map<number, { value: bigint; bytes: 4 | 8 }>();

  constructor(r: WalkRegisters, p: Processor, memory: WalkMemory, linear: bigint, access: number) {
    this.r = r;
    this.p = p;
    this.memory = memory;
    this.linear = bit(r.efer, 10) ? linear : linear & 0xffff_ffffn;
    this.read = (access & 1) !== 0;
    this.write = (access & 2) !== 0;
    this.fetch = (access & 4) !== 0;
    this.implicit = (access & 8) !== 0;
    this.user = r.cpl === 3 && !this.implicit;
  }

  run(): WalkResult {
    const { cr0, cr4, efer } = this.r;
    if (!bit(cr0, 31)) return this.final(this.linear, 7, 12, false, true);
    if (bit(efer, 10)) return this.wide(this.p.la57 && bit(cr4, 12) ? 5 : 4, this.address(this.r.cr3), false);
    if (!bit(cr4, 5)) return this.narrow();
    const register = this.r.pdptes[Number(bits(this.linear, 30, 31))]!;
    if (!bit(register, 0)) this.pageFault(0);
    return this.wide(2, this.address(register), true);
  }

  /** Entries of eight bytes (§4.4.2, §4.5.4). */
  wide(levels: number, top: bigint, pae: boolean): WalkResult {
    const path: Entry[] = [];
    let table = top;
    for (let level = levels; ; level--) {
      const shift = 12 + 9 * (level - 1);
      const entry = this.entry(table + bits(this.linear, shift, shift + 8) * 8n, 8);
      const e = entry.value;
      if (!bit(e, 0)) this.pageFault(0);
      const mayEnd = level === 1 || level === 2 || (level === 3 && this.p.pages1g);
      const ends = level === 1 || (mayEnd && bit(e, 7));
      let reserved = bits(e, this.p.physicalBits, 51) !== 0n;
      reserved ||= bit(e, 63) && !bit(this.r.efer, 11);
      reserved ||= pae && bits(e, 52, 62) !== 0n;
      reserved ||= level > 1 && bit(e, 7) && !mayEnd;
      // Bit 12 of a large page's entry belongs to the memory type.
      reserved ||= ends && level > 1 && bits(e, 13, shift - 1) !== 0n;
      if (reserved) this.pageFault(9);
      path.push(entry);
      if (ends) return this.leaf(path, bits(e, shift, this.p.physicalBits - 1) << BigInt(shift), shift, 8);
      this.mark(entry, 0x20n, 8);
      table = this.address(e);
    }
  }

  /** Entries of four bytes (§4.3). */
  narrow(): WalkResult {
    const directory = this.entry((bits(this.r.cr3, 12, 31) << 12n) + bits(this.linear, 22, 31) * 4n, 4);
    if (!bit(directory.value, 0)) this.pageFault(0);
    if (bit(directory.value, 7) && bit(this.r.cr4, 4)) {
      const upper = Math.min(this.p.physicalBits, 40) - 32;
      if (bits(directory.value, 13 + upper, 21) !== 0n) this.pageFault(9);
      const base = (bits(directory.value, 22, 31) << 22n) | (bits(directory.value, 13, 12 + upper) << 32n);
      return this.leaf([directory], base, 22, 4);
    }
    this.mark(directory, 0x20n, 4);
    const page = this.entry((bits(directory.value, 12, 31) << 12n) + bits(this.linear, 12, 21) * 4n, 4);
    if (!bit(page.value, 0)) this.pageFault(0);
    return this.leaf([directory, page], bits(page.value, 12, 31) << 12n, 12, 4);
  }

  leaf(path: readonly Entry[], base: bigint, shift: number, bytes: 4 | 8): WalkResult {
    const last = path.at(-1)!;
    const { rights, key } = this.rights(path, bytes);
    const wanted = (this.read ? 1 : 0) | (this.write ? 2 : 0) | (this.fetch ? 4 : 0);
    if ((wanted & ~rights) !== 0) this.pageFault(1 | (key ? 32 : 0));
    this.mark(last, this.write ? 0x60n : 0x20n, bytes);
    const gpa = base + (this.linear & ((1n << BigInt(shift)) - 1n));
    return this.final(gpa, rights, shift, bit(last.value, 8) && bit(this.r.cr4, 7), this.write || bit(last.value, 6));
  }

  /** §4.6.1; protection keys §4.6.2. */
  rights(path: readonly Entry[], bytes: 4 | 8): { rights: number; key: boolean } {
    const { cr0, cr4, efer, rflags, pkru } = this.r;
    const userPage = path.every(({ value }) => bit(value, 2));
    const writable = path.every(({ value }) => bit(value, 1));
    const never = bytes === 8 && path.some(({ value }) => bit(value, 63));
    const protects = bit(cr0, 16);
    let read = userPage, write = userPage && writable, execute = userPage && !never;
    if (!this.user) {
      const closed = userPage && bit(cr4, 21) && (this.implicit || !bit(rflags, 18));
      read = !closed;
      write = !closed && (writable || !protects);
      execute = !never && !(userPage && bit(cr4, 20));
    }
    let key = false;
    if (userPage && bit(efer, 10) && bit(cr4, 22)) {
      const which = Number(bits(path.at(-1)!.value, 59, 62));
      const noAccess = ((pkru >>> (2 * which)) & 1) === 1;
      const noWrite = noAccess || (((pkru >>> (2 * which + 1)) & 1) === 1 && (this.user || protects));
      read &&= !noAccess;
      write &&= !noWrite;
      key = ((this.read || this.write) && noAccess) || (this.write && noWrite);
    }
    return { rights: (read ? 1 : 0) | (write ? 2 : 0) | (execute ? 4 : 0), key };
  }

  final(gpa: bigint, rights: number, shift: number, global: boolean, dirty: boolean): WalkResult {
    const { marks } = this;
    const frame = this.memory.frame(Number(gpa >> 12n));
    if (frame.kind === 'mmio') return { kind: 'mmio', gpa, host: 0, shift, rights: 0, global, dirty, marks };
    const wanted = (this.read ? 1 : 0) | (this.write ? 2 : 0) | (this.fetch ? 4 : 0);
    if (frame.kind === 'absent' || (wanted & ~frame.rights) !== 0) return { kind: 'nested-fault', gpa, marks };
    return { kind: 'ok', gpa, host: frame.host + Number(gpa & 4095n), shift, rights: rights & frame.rights, global, dirty, marks };
  }

  entry(gpa: bigint, bytes: 4 | 8): Entry {
    const frame = this.memory.frame(Number(gpa >> 12n));
    const needed = this.memory.tableRights;
    if (frame.kind !== 'ram' || (needed & ~frame.rights) !== 0) this.nestedFault(gpa);
    const host = frame.host + Number(gpa & 4095n);
    return { host, gpa, value: this.load(host, bytes) };
  }

  /** As it stands after the marks of this walk, which tables that name themselves can see. */
  load(host: number, bytes: 4 | 8): bigint {
    const { view } = this.memory;
    const memory = bytes === 8 ? view.getBigUint64(host, true) : BigInt(view.getUint32(host, true));
    return this.marks.get(host)?.value ?? memory;
  }

  mark(entry: Entry, marks: bigint, bytes: 4 | 8): void {
    const now = this.load(entry.host, bytes);
    if ((now & marks) === marks) return;
    // What is already set in the value that was read needs no write, whatever the right.
    if ((entry.value & marks) !== marks && (this.memory.frame(Number(entry.gpa >> 12n)).rights & 2) === 0) this.nestedFault(entry.gpa);
    this.marks.set(entry.host, { value: now | marks, bytes });
  }

  address(word: bigint): bigint {
    return bits(word, 12, this.p.physicalBits - 1) << 12n;
  }
  pageFault(cause: number): never {
    let errorCode = cause;
    if (this.write) errorCode |= 2;
    if (this.user) errorCode |= 4;
    const nx = bit(this.r.cr4, 5) && bit(this.r.efer, 11);
    if (this.fetch && (nx || bit(this.r.cr4, 20))) errorCode |= 16;
    throw new Stop({ kind: 'page-fault', errorCode, marks: this.marks });
  }
  nestedFault(gpa: bigint): never {
    throw new Stop({ kind: 'nested-fault', gpa, marks: this.marks });
  }
}

/** `access` has the bits of `Access` and `FillAccess`. */
export function referenceWalk(registers: WalkRegisters, processor: Processor, memory: WalkMemory, linear: bigint, access: number): WalkResult {
  const walk = new Walk(registers, processor, memory, linear, access);
  try {
    return walk.run();
  } catch (stop) {
    if (stop instanceof Stop) return stop.result;
    throw stop;
  }
}

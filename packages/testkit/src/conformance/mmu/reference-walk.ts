/**
 * What a walk of guest tables does, written plainly from the manuals (Intel SDM vol. 3A chapter 4) to judge MMUs by.
 */
export interface WalkRegisters {
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly rflags: bigint;
  readonly cpl: number;
  readonly pkru: number;
  /** IA32_PKRS. */
  readonly pkrs: number;
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

/** An entry of a guest table as a walk has read it. */
export interface WalkEntry {
  readonly value: bigint;
  readonly bytes: 4 | 8;
  readonly gpa: bigint;
  /** Byte offset in the Host's memory. */
  readonly host: number;
}

const bit = (word: bigint, n: number): boolean => ((word >> BigInt(n)) & 1n) === 1n;
const bits = (word: bigint, from: number, to: number): bigint => (word >> BigInt(from)) & ((1n << BigInt(to - from + 1)) - 1n);

/** A walk of the guest's tables; how it reaches them, and what an outcome is, is left to who extends it. */
export abstract class GuestWalk<Outcome> {
  protected readonly r: WalkRegisters;
  protected readonly p: Processor;
  protected readonly linear: bigint;
  /** Bits of `Access`. */
  protected readonly wanted: number;
  protected readonly implicit: boolean;
  protected readonly user: boolean;

  /** `access` has the bits of `Access` and `FillAccess`. */
  constructor(r: WalkRegisters, p: Processor, linear: bigint, access: number) {
    this.r = r;
    this.p = p;
    this.linear = bit(r.efer, 10) ? linear : linear & 0xffff_ffffn;
    this.wanted = access & 7;
    this.implicit = (access & 8) !== 0;
    this.user = r.cpl === 3 && !this.implicit;
  }

  /** Reads an entry, or ends the walk. */
  protected abstract entry(gpa: bigint, bytes: 4 | 8): WalkEntry;
  /** Sets bits of an entry that are not set in it. */
  protected abstract mark(entry: WalkEntry, bits: bigint): void;
  /** The tables allow `rights`; `dirty` says whether the leaf is dirty now. */
  protected abstract final(gpa: bigint, rights: number, shift: number, global: boolean, dirty: boolean): Outcome;
  protected abstract pageFault(errorCode: number): never;

  protected get reads(): boolean {
    return (this.wanted & 1) !== 0;
  }
  protected get writes(): boolean {
    return (this.wanted & 2) !== 0;
  }
  protected get fetches(): boolean {
    return (this.wanted & 4) !== 0;
  }

  protected walk(): Outcome {
    const { cr0, cr4, efer } = this.r;
    if (!bit(cr0, 31)) return this.final(this.linear, 7, 12, false, true);
    if (bit(efer, 10)) return this.#wide(this.p.la57 && bit(cr4, 12) ? 5 : 4, this.#address(this.r.cr3), false);
    if (!bit(cr4, 5)) return this.#narrow();
    const register = this.r.pdptes[Number(bits(this.linear, 30, 31))]!;
    if (!bit(register, 0)) this.#fault(0);
    return this.#wide(2, this.#address(register), true);
  }

  /** Entries of eight bytes (§4.4.2, §4.5.4). */
  #wide(levels: number, top: bigint, pae: boolean): Outcome {
    const path: WalkEntry[] = [];
    let table = top;
    for (let level = levels; ; level--) {
      const shift = 12 + 9 * (level - 1);
      const entry = this.entry(table + bits(this.linear, shift, shift + 8) * 8n, 8);
      const e = entry.value;
      if (!bit(e, 0)) this.#fault(0);
      const mayEnd = level === 1 || level === 2 || (level === 3 && this.p.pages1g);
      const ends = level === 1 || (mayEnd && bit(e, 7));
      let reserved = bits(e, this.p.physicalBits, 51) !== 0n;
      reserved ||= bit(e, 63) && !bit(this.r.efer, 11);
      reserved ||= pae && bits(e, 52, 62) !== 0n;
      reserved ||= level > 1 && bit(e, 7) && !mayEnd;
      // Bit 12 of a large page's entry belongs to the memory type.
      reserved ||= ends && level > 1 && bits(e, 13, shift - 1) !== 0n;
      if (reserved) this.#fault(9);
      path.push(entry);
      if (ends) return this.#leaf(path, bits(e, shift, this.p.physicalBits - 1) << BigInt(shift), shift);
      this.#set(entry, 0x20n);
      table = this.#address(e);
    }
  }

  /** Entries of four bytes (§4.3). */
  #narrow(): Outcome {
    const directory = this.entry((bits(this.r.cr3, 12, 31) << 12n) + bits(this.linear, 22, 31) * 4n, 4);
    if (!bit(directory.value, 0)) this.#fault(0);
    if (bit(directory.value, 7) && bit(this.r.cr4, 4)) {
      const upper = Math.min(this.p.physicalBits, 40) - 32;
      if (bits(directory.value, 13 + upper, 21) !== 0n) this.#fault(9);
      const base = (bits(directory.value, 22, 31) << 22n) | (bits(directory.value, 13, 12 + upper) << 32n);
      return this.#leaf([directory], base, 22);
    }
    this.#set(directory, 0x20n);
    const page = this.entry((bits(directory.value, 12, 31) << 12n) + bits(this.linear, 12, 21) * 4n, 4);
    if (!bit(page.value, 0)) this.#fault(0);
    return this.#leaf([directory, page], bits(page.value, 12, 31) << 12n, 12);
  }

  #leaf(path: readonly WalkEntry[], base: bigint, shift: number): Outcome {
    const last = path.at(-1)!;
    const { rights, key } = this.#rights(path);
    if ((this.wanted & ~rights) !== 0) this.#fault(1 | (key ? 32 : 0));
    this.#set(last, this.writes ? 0x60n : 0x20n);
    const gpa = base + (this.linear & ((1n << BigInt(shift)) - 1n));
    return this.final(gpa, rights, shift, bit(last.value, 8) && bit(this.r.cr4, 7), this.writes || bit(last.value, 6));
  }

  /** §4.6.1; protection keys §4.6.2. */
  #rights(path: readonly WalkEntry[]): { rights: number; key: boolean } {
    const { cr0, cr4, rflags } = this.r;
    const userPage = path.every(({ value }) => bit(value, 2));
    const writable = path.every(({ value }) => bit(value, 1));
    const never = path.some(({ value, bytes }) => bytes === 8 && bit(value, 63));
    const protects = bit(cr0, 16);
    let read = userPage, write = userPage && writable, execute = userPage && !never;
    if (!this.user) {
      const closed = userPage && bit(cr4, 21) && (this.implicit || !bit(rflags, 18));
      read = !closed;
      write = !closed && (writable || !protects);
      execute = !never && !(userPage && bit(cr4, 20));
    }
    const { noAccess, noWrite } = this.#key(path.at(-1)!.value, userPage);
    read &&= !noAccess;
    write &&= !noWrite;
    const key = ((this.reads || this.writes) && noAccess) || (this.writes && noWrite);
    return { rights: (read ? 1 : 0) | (write ? 2 : 0) | (execute ? 4 : 0), key };
  }

  /** What the protection key forbids: PKRU those of user-mode addresses, IA32_PKRS those of supervisor-mode addresses. */
  #key(leaf: bigint, userPage: boolean): { noAccess: boolean; noWrite: boolean } {
    const { cr0, cr4, efer, pkru, pkrs } = this.r;
    if (!bit(efer, 10) || !bit(cr4, userPage ? 22 : 24)) return { noAccess: false, noWrite: false };
    const both = ((userPage ? pkru : pkrs) >>> (2 * Number(bits(leaf, 59, 62)))) & 3;
    const noAccess = (both & 1) === 1;
    const heedsWriteDisable = bit(cr0, 16) || (userPage && this.user);
    return { noAccess, noWrite: noAccess || (both === 2 && heedsWriteDisable) };
  }

  #set(entry: WalkEntry, marks: bigint): void {
    if ((entry.value & marks) !== marks) this.mark(entry, marks);
  }
  #address(word: bigint): bigint {
    return bits(word, 12, this.p.physicalBits - 1) << 12n;
  }
  /** §4.7. */
  #fault(cause: number): never {
    const nx = bit(this.r.cr4, 5) && bit(this.r.efer, 11);
    const fetch = this.fetches && (nx || bit(this.r.cr4, 20));
    return this.pageFault(cause | (this.writes ? 2 : 0) | (this.user ? 4 : 0) | (fetch ? 16 : 0));
  }
}

class Stop extends Error {
  readonly result: WalkResult;
  constructor(result: WalkResult) {
    super(result.kind);
    this.result = result;
  }
}

/** Over frames, writing nothing: the marks that it would make are part of its answer. */
class FrameWalk extends GuestWalk<WalkResult> {
  readonly #memory: WalkMemory;
  readonly #marks = new Map<number, { value: bigint; bytes: 4 | 8 }>();

  constructor(r: WalkRegisters, p: Processor, memory: WalkMemory, linear: bigint, access: number) {
    super(r, p, linear, access);
    this.#memory = memory;
  }

  run(): WalkResult {
    try {
      return this.walk();
    } catch (stop) {
      if (stop instanceof Stop) return stop.result;
      throw stop;
    }
  }

  protected final(gpa: bigint, rights: number, shift: number, global: boolean, dirty: boolean): WalkResult {
    const marks = this.#marks;
    const frame = this.#memory.frame(Number(gpa >> 12n));
    if (frame.kind === 'mmio') return { kind: 'mmio', gpa, host: 0, shift, rights: 0, global, dirty, marks };
    if (frame.kind === 'absent' || (this.wanted & ~frame.rights) !== 0) return { kind: 'nested-fault', gpa, marks };
    return { kind: 'ok', gpa, host: frame.host + Number(gpa & 4095n), shift, rights: rights & frame.rights, global, dirty, marks };
  }

  protected entry(gpa: bigint, bytes: 4 | 8): WalkEntry {
    const frame = this.#memory.frame(Number(gpa >> 12n));
    if (frame.kind !== 'ram' || (this.#memory.tableRights & ~frame.rights) !== 0) this.#nestedFault(gpa);
    const host = frame.host + Number(gpa & 4095n);
    return { host, gpa, bytes, value: this.#load(host, bytes) };
  }

  /** As it stands after the marks of this walk, which tables that name themselves can see. */
  #load(host: number, bytes: 4 | 8): bigint {
    const { view } = this.#memory;
    const memory = bytes === 8 ? view.getBigUint64(host, true) : BigInt(view.getUint32(host, true));
    return this.#marks.get(host)?.value ?? memory;
  }

  protected mark(entry: WalkEntry, marks: bigint): void {
    const now = this.#load(entry.host, entry.bytes);
    if ((now & marks) === marks) return;
    if ((this.#memory.frame(Number(entry.gpa >> 12n)).rights & 2) === 0) this.#nestedFault(entry.gpa);
    this.#marks.set(entry.host, { value: now | marks, bytes: entry.bytes });
  }

  protected pageFault(errorCode: number): never {
    throw new Stop({ kind: 'page-fault', errorCode, marks: this.#marks });
  }
  #nestedFault(gpa: bigint): never {
    throw new Stop({ kind: 'nested-fault', gpa, marks: this.#marks });
  }
}

/** `access` has the bits of `Access` and `FillAccess`. */
export function referenceWalk(registers: WalkRegisters, processor: Processor, memory: WalkMemory, linear: bigint, access: number): WalkResult {
  return new FrameWalk(registers, processor, memory, linear, access).run();
}

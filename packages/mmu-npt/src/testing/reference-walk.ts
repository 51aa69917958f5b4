/**
 * The oracle: what a walk does, written plainly from the manuals, over BigInt and without regard to speed. It shares no
 * code with the module it judges.
 */
export interface Registers {
  readonly cr0: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly efer: bigint;
  readonly rflags: bigint;
  readonly cpl: number;
  readonly pkru: number;
  readonly pdptes: readonly bigint[];
  readonly tags: { readonly user: bigint; readonly supervisor: bigint; readonly supervisorAc: bigint };
}

export interface Setting {
  readonly strategy: 'native' | 'ept' | 'npt';
  /** A hypervisor reads guest tables itself and fills shadow tables: reading them is not a write. */
  readonly shadow: boolean;
  readonly physicalBits: number;
  readonly la57: boolean;
  readonly pages1g: boolean;
  readonly accessedDirty: boolean;
  readonly root: bigint;
  readonly windowGpa: bigint;
  readonly windowSize: bigint;
  readonly windowHost: bigint;
  /** Frames that hold code. */
  readonly code: ReadonlySet<bigint>;
}

export interface TlbEntry {
  readonly read: bigint;
  readonly write: bigint;
  readonly fetch: bigint;
  readonly addend: bigint;
  readonly flags: number;
}

export type Outcome =
  | { readonly kind: 'page-fault'; readonly errorCode: number; readonly linear: bigint; readonly loads: number }
  | NestedFault
  | { readonly kind: 'ok' | 'mmio' | 'code'; readonly gpa: bigint; readonly host: bigint; readonly shift: number;
      readonly loads: number; readonly entry: TlbEntry };

export interface NestedFault {
  readonly kind: 'nested-fault';
  readonly misconfiguration: boolean;
  readonly gpa: bigint;
  readonly linear: bigint;
  readonly qualification: bigint;
  readonly access: number;
  readonly loads: number;
}

/** Thrown when an entry was changed between being read and being marked: the processor begins again. */
class Changed extends Error {}
class Fault extends Error {
  readonly outcome: Outcome;
  constructor(outcome: Outcome) {
    super(outcome.kind);
    this.outcome = outcome;
  }
}

const NEVER = 0xffff_ffff_ffff_ffffn;
const bitOf = (word: bigint, n: number): boolean => ((word >> BigInt(n)) & 1n) === 1n;
const field = (word: bigint, from: number, to: number): bigint => (word >> BigInt(from)) & ((1n << BigInt(to - from + 1)) - 1n);

interface SecondResult {
  readonly host: bigint;
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: boolean;
  readonly dirty: boolean;
  readonly mmio: boolean;
}

interface GuestEntry {
  readonly value: bigint;
  readonly host: bigint;
  readonly gpa: bigint;
  readonly bytes: 4 | 8;
}

export class ReferenceWalk {
  readonly #memory: DataView;
  readonly #o: Setting;
  readonly #r: Registers;
  readonly #linear: bigint;
  readonly #want: { read: boolean; write: boolean; fetch: boolean };
  readonly #access: number;
  readonly #implicit: boolean;
  #loads = 0;

  constructor(memory: DataView, setting: Setting, registers: Registers, linear: bigint, access: number) {
    this.#memory = memory;
    this.#o = setting;
    this.#r = registers;
    this.#linear = bitOf(registers.efer, 10) ? linear : linear & 0xffff_ffffn;
    this.#access = access & 7;
    this.#want = { read: (access & 1) !== 0, write: (access & 2) !== 0, fetch: (access & 4) !== 0 };
    this.#implicit = (access & 8) !== 0;
  }

  run(): Outcome {
    for (;;) {
      try {
        return this.#attempt();
      } catch (stop) {
        if (stop instanceof Fault) return stop.outcome;
        if (!(stop instanceof Changed)) throw stop;
      }
    }
  }

  get #user(): boolean {
    return this.#r.cpl === 3 && !this.#implicit;
  }

  #attempt(): Outcome {
    if (!bitOf(this.#r.cr0, 31)) {
      return this.#conclude(this.#linear, { read: true, write: true, execute: true }, 12, false, true);
    }
    const path: GuestEntry[] = [];
    const shift = this.#descend(path);
    const leaf = path.at(-1)!;
    const rights = this.#rights(path);
    const wants = this.#want;
    if ((wants.read && !rights.read) || (wants.write && !rights.write) || (wants.fetch && !rights.execute)) {
      throw this.#pageFault(1 | (rights.key ? 32 : 0));
    }
    this.#mark(leaf, 0x20n | (wants.write ? 0x40n : 0n));
    const size = 1n << BigInt(shift);
    let base = field(leaf.value, shift, this.#o.physicalBits - 1) << BigInt(shift);
    if (leaf.bytes === 4) {
      base = (leaf.value & 0xffff_ffffn) - (leaf.value & (size - 1n));
      if (shift === 22) {
        const top = Math.min(40, this.#o.physicalBits) - 1;
        base |= field(leaf.value, 13, 13 + top - 32) << 32n;
      }
    }
    const global = bitOf(this.#r.cr4, 7) && bitOf(leaf.value, 8);
    return this.#conclude(base + (this.#linear % size), rights, shift, global, wants.write || bitOf(leaf.value, 6));
  }

  /** Collects the entries to the leaf; gives the page size as a shift. */
  #descend(path: GuestEntry[]): number {
    const { cr3, cr4, efer } = this.#r;
    const physical = (word: bigint): bigint => field(word, 12, this.#o.physicalBits - 1) << 12n;
    if (bitOf(efer, 10)) {
      let table = physical(cr3);
      const five = this.#o.la57 && bitOf(cr4, 12);
      for (let level = five ? 5 : 4; ; level--) {
        const entry = this.#guestEntry(table, field(this.#linear, 12 + 9 * (level - 1), 20 + 9 * (level - 1)), 8);
        path.push(entry);
        if (this.#checkWide(entry, level, false)) return 12 + 9 * (level - 1);
        table = physical(entry.value);
      }
    }
    if (bitOf(cr4, 5)) {
      const register = this.#r.pdptes[Number(field(this.#linear, 30, 31))]!;
      if (!bitOf(register, 0)) throw this.#pageFault(0);
      const directory = this.#guestEntry(physical(register), field(this.#linear, 21, 29), 8);
      path.push(directory);
      if (this.#checkWide(directory, 2, true)) return 21;
      const page = this.#guestEntry(physical(directory.value), field(this.#linear, 12, 20), 8);
      path.push(page);
      this.#checkWide(page, 1, true);
      return 12;
    }
    const directory = this.#guestEntry(field(cr3, 12, 31) << 12n, field(this.#linear, 22, 31), 4);
    path.push(directory);
    if (!bitOf(directory.value, 0)) throw this.#pageFault(0);
    if (bitOf(cr4, 4) && bitOf(directory.value, 7)) {
      // Bits 13 … 20 are address bits 32 … 39 as far as the processor has them.
      const firstReserved = 13 + Math.min(40, this.#o.physicalBits) - 32;
      if (field(directory.value, firstReserved, 21) !== 0n) throw this.#pageFault(9);
      return 22;
    }
    this.#mark(directory, 0x20n);
    const page = this.#guestEntry(field(directory.value, 12, 31) << 12n, field(this.#linear, 12, 21), 4);
    path.push(page);
    if (!bitOf(page.value, 0)) throw this.#pageFault(0);
    return 12;
  }

  /** Present and reserved bits of an 8-byte entry; true if it is the leaf. Otherwise it is now accessed. */
  #checkWide(entry: GuestEntry, level: number, pae: boolean): boolean {
    const { value } = entry;
    if (!bitOf(value, 0)) throw this.#pageFault(0);
    let reserved = field(value, this.#o.physicalBits, 51) !== 0n;
    if (!bitOf(this.#r.efer, 11) && bitOf(value, 63)) reserved = true;
    if (pae && field(value, 52, 62) !== 0n) reserved = true;
    const ps = bitOf(value, 7);
    let leaf = level === 1;
    if (level === 2 && ps) {
      leaf = true;
      if (field(value, 13, 20) !== 0n) reserved = true;
    } else if (level === 3 && ps) {
      leaf = this.#o.pages1g;
      if (!this.#o.pages1g || field(value, 13, 29) !== 0n) reserved = true;
    } else if (level >= 4 && ps) reserved = true;
    if (reserved) throw this.#pageFault(9);
    if (!leaf) this.#mark(entry, 0x20n);
    return leaf;
  }

  #rights(path: readonly GuestEntry[]): { read: boolean; write: boolean; execute: boolean; key: boolean } {
    const { cr0, cr4, efer, rflags, pkru } = this.#r;
    const userPage = path.every((e) => bitOf(e.value, 2));
    const writable = path.every((e) => bitOf(e.value, 1));
    const executable = !path.some((e) => e.bytes === 8 && bitOf(e.value, 63));
    const protect = bitOf(cr0, 16);
    let read: boolean;
    let write: boolean;
    let execute: boolean;
    if (this.#user) {
      read = userPage;
      write = userPage && writable;
      execute = userPage && executable;
    } else {
      const allowedBySmap = !userPage || !bitOf(cr4, 21) || (bitOf(rflags, 18) && !this.#implicit);
      read = allowedBySmap;
      write = allowedBySmap && (writable || !protect);
      execute = executable && !(userPage && bitOf(cr4, 20));
    }
    let key = false;
    if (bitOf(efer, 10) && bitOf(cr4, 22) && userPage) {
      const n = Number(field(path.at(-1)!.value, 59, 62));
      const accessDisable = ((pkru >>> (2 * n)) & 1) === 1;
      const writeDisable = ((pkru >>> (2 * n + 1)) & 1) === 1 && (this.#user || protect);
      if (accessDisable) read = false;
      if (accessDisable || writeDisable) write = false;
      if (this.#want.read || this.#want.write) key = accessDisable || (writeDisable && this.#want.write);
    }
    return { read, write, execute, key };
  }

  #pageFault(cause: number): Fault {
    const { cr4, efer } = this.#r;
    let errorCode = cause;
    if (this.#want.write) errorCode |= 2;
    if (this.#user) errorCode |= 4;
    if (this.#want.fetch && ((bitOf(cr4, 5) && bitOf(efer, 11)) || bitOf(cr4, 20))) errorCode |= 16;
    return new Fault({ kind: 'page-fault', errorCode, linear: this.#linear, loads: this.#loads });
  }

  #guestEntry(table: bigint, index: bigint, bytes: 4 | 8): GuestEntry {
    const gpa = table + index * BigInt(bytes);
    const writes = !this.#o.shadow && (this.#o.strategy === 'npt' || (this.#o.strategy === 'ept' && this.#o.accessedDirty));
    const { host } = this.#second(gpa, writes || this.#o.strategy === 'native' ? 3 : 1, true);
    this.#loads++;
    const at = Number(host);
    return { gpa, host, bytes, value: bytes === 8 ? this.#memory.getBigUint64(at, true) : BigInt(this.#memory.getUint32(at, true)) };
  }

  #mark(entry: GuestEntry, bits: bigint): void {
    if ((entry.value & bits) === bits) return;
    if (this.#o.shadow || (this.#o.strategy === 'ept' && !this.#o.accessedDirty)) this.#second(entry.gpa, 2, true);
    const at = Number(entry.host);
    if (entry.bytes === 8) {
      this.#exchange(at, entry.value, entry.value | bits);
    } else {
      if (BigInt(this.#memory.getUint32(at, true)) !== entry.value) throw new Changed();
      this.#memory.setUint32(at, Number(entry.value | bits), true);
    }
  }

  #exchange(at: number, before: bigint, after: bigint): void {
    if (this.#memory.getBigUint64(at, true) !== before) throw new Changed();
    this.#memory.setBigUint64(at, after, true);
  }

  #nestedFault(gpa: bigint, access: number, forTable: boolean, misconfiguration: boolean, rights: bigint): Fault {
    let qualification = 0n;
    if (this.#o.strategy === 'ept' && !misconfiguration) {
      qualification = BigInt(access) | (rights << 3n) | 0x80n | (forTable ? 0n : 0x100n);
    }
    return new Fault({
      kind: 'nested-fault', misconfiguration, gpa, linear: this.#linear, qualification, access, loads: this.#loads,
    });
  }

  #nptFault(gpa: bigint, access: number, forTable: boolean, present: boolean, reserved: boolean): Fault {
    let info = 4n;
    if (present) info |= 1n;
    if ((access & 2) !== 0) info |= 2n;
    if (reserved) info |= 8n;
    if ((access & 4) !== 0) info |= 16n;
    info |= forTable ? 1n << 33n : 1n << 32n;
    return new Fault({
      kind: 'nested-fault', misconfiguration: false, gpa, linear: this.#linear, qualification: info, access, loads: this.#loads,
    });
  }

  #second(gpa: bigint, access: number, forTable: boolean): SecondResult {
    const device: SecondResult = { host: 0n, read: false, write: false, execute: false, dirty: false, mmio: true };
    switch (this.#o.strategy) {
      case 'native': {
        const offset = gpa - this.#o.windowGpa;
        if (offset >= 0n && offset < this.#o.windowSize) {
          return { host: this.#o.windowHost + offset, read: true, write: true, execute: true, dirty: true, mmio: false };
        }
        if (forTable) throw this.#nestedFault(gpa, access, true, false, 0n);
        return device;
      }
      case 'ept':
        return this.#ept(gpa, access, forTable, device);
      case 'npt':
        return this.#npt(gpa, access, forTable, device);
    }
  }

  #inMemory(address: bigint): boolean {
    return address < BigInt(this.#memory.byteLength);
  }

  #ept(gpa: bigint, access: number, forTable: boolean, device: SecondResult): SecondResult {
    let table = this.#o.root;
    let rights = 7n;
    for (let level = 4; ; level--) {
      const shift = 12 + 9 * (level - 1);
      const at = Number(table + field(gpa, shift, shift + 8) * 8n);
      this.#loads++;
      const e = this.#memory.getBigUint64(at, true);
      const given = e & 7n;
      if (given === 0n) {
        if (bitOf(e, 53) && !forTable) return device;
        throw this.#nestedFault(gpa, access, forTable, false, 0n);
      }
      rights &= given;
      const leaf = level === 1 || (level <= 3 && bitOf(e, 7));
      let wrong = given === 2n || given === 6n || field(e, 32, 51) !== 0n;
      const address = field(e, 12, 31) << 12n;
      if (!leaf) {
        if (field(e, 3, level === 4 ? 7 : 6) !== 0n || !this.#inMemory(address)) wrong = true;
        if (wrong) throw this.#nestedFault(gpa, access, forTable, true, rights);
        if (this.#o.accessedDirty && !bitOf(e, 8)) this.#exchange(at, e, e | 0x100n);
        table = address;
        continue;
      }
      if ([2n, 3n, 7n].includes(field(e, 3, 5))) wrong = true;
      if (level > 1 && field(e, 12, shift - 1) !== 0n) wrong = true;
      const host = ((e & 0xffff_ffffn) >> BigInt(shift) << BigInt(shift)) + (gpa % (1n << BigInt(shift)));
      if (!this.#inMemory(host)) wrong = true;
      if (wrong) throw this.#nestedFault(gpa, access, forTable, true, rights);
      if ((BigInt(access) & ~rights) !== 0n) throw this.#nestedFault(gpa, access, forTable, false, rights);
      const write = (access & 2) !== 0;
      const marks = 0x100n | (write ? 0x200n : 0n);
      if (this.#o.accessedDirty && (e & marks) !== marks) this.#exchange(at, e, e | marks);
      return {
        host, read: bitOf(rights, 0), write: bitOf(rights, 1), execute: bitOf(rights, 2),
        dirty: !this.#o.accessedDirty || write || bitOf(e, 9), mmio: false,
      };
    }
  }

  #npt(gpa: bigint, access: number, forTable: boolean, device: SecondResult): SecondResult {
    let table = this.#o.root;
    let [write, user, execute] = [true, true, true];
    for (let level = 4; ; level--) {
      const shift = 12 + 9 * (level - 1);
      const at = Number(table + field(gpa, shift, shift + 8) * 8n);
      this.#loads++;
      const e = this.#memory.getBigUint64(at, true);
      if (!bitOf(e, 0)) {
        if (bitOf(e, 53) && !forTable) return device;
        throw this.#nptFault(gpa, access, forTable, false, false);
      }
      write &&= bitOf(e, 1);
      user &&= bitOf(e, 2);
      execute &&= !bitOf(e, 63);
      const leaf = level === 1 || (level <= 3 && bitOf(e, 7));
      let reserved = field(e, 32, 51) !== 0n;
      const address = field(e, 12, 31) << 12n;
      if (!leaf) {
        if (level === 4 && field(e, 7, 8) !== 0n) reserved = true;
        if (reserved || !this.#inMemory(address)) throw this.#nptFault(gpa, access, forTable, true, true);
        if (!bitOf(e, 5)) this.#exchange(at, e, e | 0x20n);
        table = address;
        continue;
      }
      if (level > 1 && field(e, 13, shift - 1) !== 0n) reserved = true;
      const host = ((e & 0xffff_ffffn) >> BigInt(shift) << BigInt(shift)) + (gpa % (1n << BigInt(shift)));
      if (reserved || !this.#inMemory(host)) throw this.#nptFault(gpa, access, forTable, true, true);
      const refused = !user || ((access & 2) !== 0 && !write) || ((access & 4) !== 0 && !execute);
      if (refused) throw this.#nptFault(gpa, access, forTable, true, false);
      const marks = 0x20n | ((access & 2) !== 0 ? 0x40n : 0n);
      if ((e & marks) !== marks) this.#exchange(at, e, e | marks);
      return { host, read: true, write, execute, dirty: (access & 2) !== 0 || bitOf(e, 6), mmio: false };
    }
  }

  #conclude(
    gpa: bigint, rights: { read: boolean; write: boolean; execute: boolean }, shift: number, global: boolean, dirty: boolean,
  ): Outcome {
    const second = this.#second(gpa, this.#access, false);
    const code = !second.mmio && this.#o.code.has(second.host >> 12n);
    const page = this.#linear - (this.#linear % 4096n);
    const { user, supervisor, supervisorAc } = this.#r.tags;
    const opened = !this.#user && !this.#implicit && bitOf(this.#r.cr4, 21) && bitOf(this.#r.rflags, 18);
    const view = opened ? supervisorAc : supervisor;
    const tag = page | (this.#user ? user : view);
    const writes = rights.write && second.write && dirty && second.dirty && !code;
    const entry: TlbEntry = {
      read: rights.read && second.read ? tag : NEVER,
      write: writes ? tag : NEVER,
      fetch: rights.execute && second.execute ? tag : NEVER,
      addend: second.mmio ? 0n : BigInt.asUintN(32, second.host - (second.host % 4096n) - page),
      flags: (global ? 1 : 0) + (second.mmio ? 2 : 0) + (code ? 4 : 0) + (shift > 12 ? 8 : 0),
    };
    const slow = code && this.#want.write ? 'code' : 'ok';
    return { kind: second.mmio ? 'mmio' : slow, gpa, host: second.host, shift, loads: this.#loads, entry };
  }
}

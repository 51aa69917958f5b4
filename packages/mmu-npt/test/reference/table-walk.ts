/**
 * The test kit's walk of guest tables over tables of the second level, whatever they hold, with what an MMU has to leave behind.
 * Plain, over bigint, without regard to speed; it shares no code with the module it judges.
 */
import { GuestWalk, type WalkEntry, type WalkRegisters } from '@polyvisor/testkit';

export interface Registers extends WalkRegisters {
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

export class TableWalk extends GuestWalk<Outcome> {
  readonly #memory: DataView;
  readonly #o: Setting;
  readonly #tags: Registers['tags'];
  #loads = 0;

  constructor(memory: DataView, setting: Setting, registers: Registers, linear: bigint, access: number) {
    super(registers, setting, linear, access);
    this.#memory = memory;
    this.#o = setting;
    this.#tags = registers.tags;
  }

  run(): Outcome {
    for (;;) {
      try {
        return this.walk();
      } catch (stop) {
        if (stop instanceof Fault) return stop.outcome;
        if (!(stop instanceof Changed)) throw stop;
      }
    }
  }

  protected pageFault(errorCode: number): never {
    throw new Fault({ kind: 'page-fault', errorCode, linear: this.linear, loads: this.#loads });
  }

  protected entry(gpa: bigint, bytes: 4 | 8): WalkEntry {
    const writes = !this.#o.shadow && (this.#o.strategy === 'npt' || (this.#o.strategy === 'ept' && this.#o.accessedDirty));
    const host = Number(this.#second(gpa, writes || this.#o.strategy === 'native' ? 3 : 1, true).host);
    this.#loads++;
    return { gpa, host, bytes, value: bytes === 8 ? this.#memory.getBigUint64(host, true) : BigInt(this.#memory.getUint32(host, true)) };
  }

  protected mark({ value, host, gpa, bytes }: WalkEntry, bits: bigint): void {
    if (this.#o.shadow || (this.#o.strategy === 'ept' && !this.#o.accessedDirty)) this.#second(gpa, 2, true);
    if (bytes === 8) {
      this.#exchange(host, value, value | bits);
    } else {
      if (BigInt(this.#memory.getUint32(host, true)) !== value) throw new Changed();
      this.#memory.setUint32(host, Number(value | bits), true);
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
      kind: 'nested-fault', misconfiguration, gpa, linear: this.linear, qualification, access, loads: this.#loads,
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
      kind: 'nested-fault', misconfiguration: false, gpa, linear: this.linear, qualification: info, access, loads: this.#loads,
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

  protected final(gpa: bigint, rights: number, shift: number, global: boolean, dirty: boolean): Outcome {
    const second = this.#second(gpa, this.wanted, false);
    const code = !second.mmio && this.#o.code.has(second.host >> 12n);
    const page = this.linear - (this.linear % 4096n);
    const { user, supervisor, supervisorAc } = this.#tags;
    const opened = !this.user && !this.implicit && bitOf(this.r.cr4, 21) && bitOf(this.r.rflags, 18);
    const view = opened ? supervisorAc : supervisor;
    const tag = page | (this.user ? user : view);
    const allows = (bit: number, behind: boolean): boolean => (rights & bit) !== 0 && behind;
    const entry: TlbEntry = {
      read: allows(1, second.read) ? tag : NEVER,
      write: allows(2, second.write && dirty && second.dirty && !code) ? tag : NEVER,
      fetch: allows(4, second.execute) ? tag : NEVER,
      addend: second.mmio ? 0n : BigInt.asUintN(32, second.host - (second.host % 4096n) - page),
      flags: (global ? 1 : 0) + (second.mmio ? 2 : 0) + (code ? 4 : 0) + (shift > 12 ? 8 : 0),
    };
    const slow = code && this.writes ? 'code' : 'ok';
    return { kind: second.mmio ? 'mmio' : slow, gpa, host: second.host, shift, loads: this.#loads, entry };
  }
}

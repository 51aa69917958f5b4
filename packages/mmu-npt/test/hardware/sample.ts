/** Random tables walked by this package and by another processor. */
import { createHost } from '@polyvisor/memory';
import { describeAccess, describeResult, MmuRig, mmuSubject, Random, randomView, randomWorld, type FillResult, type Mode, type WalkRegisters } from '@polyvisor/testkit';
import { nativeMmu } from '../../src/index.ts';

/** As in the programs. */
const HARNESS = 400, WATCHED = 32, DATA = 22, FRAMES = 500;
/** The frame of the world that CR3 points to in PAE paging. */
const PDPTES = 1;
const ONES = 0x0101_0101_0101_0101n;
/** Accessed and dirty in both halves, for entries of four bytes. */
const MARKS = 0x60_0000_0060n;
/** Protection keys, which not every processor has. */
const CR4_KEYS = (1n << 22n) | (1n << 24n);

export interface Sample {
  readonly accesses: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly differences: readonly string[];
}

interface Try {
  readonly registers: WalkRegisters;
  readonly linear: bigint;
  readonly kind: number;
  readonly mode: Mode;
  readonly byte: number;
  readonly result: FillResult;
  /** Words below `WATCHED` that the access marks when nothing is marked yet. */
  readonly changed: ReadonlyMap<number, bigint>;
  readonly seed: number;
}

/** A text that says why no sample can be taken here, or the program that takes it. */
/** A processor that can be asked. */
export interface Hardware {
  readonly physicalBits: number;
  readonly pages1g: boolean;
  readonly modes: readonly Mode[];
  /** Frame where the world's memory begins. */
  readonly origin: number;
  /** The instruction that data frames are full of, and that ends a test. */
  readonly fill: number;
  /** Whether the harness takes frames of the world's memory, as kvm-walk.c does. */
  readonly within: boolean;
  /**
   * QEMU 7.2 leaves P out of the error code for a reserved bit, and marks PDPTEs of PAE paging as accessed; processors do neither
   * (Intel SDM vol. 3A §4.7, §4.4.1).
   */
  readonly quirks: boolean;
  /** What the program writes for worlds one after another, without its heading. */
  readonly run: (worlds: readonly Uint8Array[]) => Buffer;
  readonly destroy: () => void;
}
export type Prepared = { readonly skipped: string } | Hardware;

export function takeSample(hardware: Hardware, worlds: number, seed: number): Sample {
  const { physicalBits, pages1g, origin } = hardware;
  const processor = { physicalBits, la57: false, pages1g };
  const subject = mmuSubject(nativeMmu, {
    host: () => createHost({ frames: 16 * 2 ** 20, tables: 4 * 2 ** 20 }), processor,
    config: ({ base }) => ({ ...processor, gpa: origin * 4096, size: FRAMES * 4096, host: base * 4096 }),
    own: () => ({ ram: (i) => origin + i, elsewhere: 'mmio' }),
  });
  const rig = new MmuRig(subject);
  const tries: Try[] = [];
  const input: Uint8Array[] = [];
  for (let n = 0; n < worlds; n++) input.push(oneWorld(hardware, rig, new Random(seed).fork(n), n, tries));
  rig.destroy();
  const answers = hardware.run(input);
  return judge(tries, hardware, new DataView(answers.buffer, answers.byteOffset, answers.length));
}

function oneWorld(hardware: Hardware, rig: MmuRig, random: Random, seed: number, tries: Try[]): Uint8Array {
  const { fill, origin } = hardware;
  const mode = random.pick(hardware.modes);
  const world = randomWorld(rig, random, mode);
  let registers: WalkRegisters = { ...world.registers, cr4: world.registers.cr4 & ~CR4_KEYS };
  for (let i = 0; i < WATCHED; i++) {
    // Bit 8 is reserved in upper entries on AMD's processors alone, and means nothing here elsewhere.
    for (let at = 0; at < 4096; at += 4) {
      const word = rig.ramAt(i) + at;
      if (mode === '32-bit' || at % 8 === 0) rig.view.setUint32(word, rig.view.getUint32(word, true) & ~0x100, true);
    }
  }
  const full = BigInt(fill) * ONES;
  for (let i = DATA; i < WATCHED; i++) for (let at = 0; at < 4096; at += 8) if (rig.get(i, at) === 0n) rig.put(i, at, full);
  // The harness has these frames; as tables they hold nothing that is present.
  for (let i = HARNESS; i < FRAMES; i++) for (let at = 0; at < 4096; at += 8) if (rig.get(i, at) !== 0n) rig.put(i, at, 0n);
  registers = mapHarness(hardware, rig, registers, mode);
  const words = initialWords(rig, origin, full);
  const made: Try[] = [];
  for (let i = 0; i < 16; i++) {
    const view = randomView(random);
    const now = { ...registers, ...view, cpl: view.cpl === 3 ? 3 : 0 };
    const linear = random.chance(1, 4) ? (random.pick(world.addresses) & ~0xf_ffffn) | BigInt(random.below(2 ** 20)) : random.pick(world.addresses);
    const kind = random.pick([1, 2, 4]);
    // A KVM that runs guests without the processor's virtualization keeps the lowest upper addresses to itself.
    if (mode === 'long' && ((linear >> 39n) & 511n) === 256n) continue;
    rig.cpu.load(now);
    // Addresses outside memory are not compared; what is fetched has to end the test.
    const expected = rig.expect(rig.cpu, linear, kind);
    if (expected.kind === 'mmio' || expected.kind === 'nested-fault') continue;
    if (expected.kind === 'ok' && !harmless(hardware, rig, expected.host, kind)) continue;
    const before = watched(rig);
    const result = rig.cpu.fill(linear, kind);
    const byte = expected.kind === 'ok' ? rig.host.bytes[expected.host]! : 0;
    made.push({ registers: now, linear, kind, mode, byte, result, changed: difference(before, watched(rig)), seed });
    for (const [at, value] of before.entries()) if (rig.get(at >> 9, (at & 511) * 8) !== value) rig.put(at >> 9, (at & 511) * 8, value);
  }
  tries.push(...made);
  return encode(words, made);
}

/** What the program's own code needs to run under these tables; the registers that load it. */
function mapHarness({ within, origin }: Hardware, rig: MmuRig, registers: WalkRegisters, mode: Mode): WalkRegisters {
  // As the programs have them: a page table of 32-bit paging, a page directory, and for 4 levels what is above it.
  const [narrow, directory, upper] = within ? [403n, 401n, 400n] : [0x8_0010n, 0x8_0011n, 0n];
  if (within) {
    rig.put(400, 0, 401n * 4096n | 0x67n);
    rig.put(401, 0, 402n * 4096n | 0x67n);
    for (let i = 0; i < 16; i++) {
      const entry = BigInt((HARNESS + i) * 4096) | (i === 14 ? 0x67n : 0x63n);
      rig.put(402, i * 8, entry);
      rig.put(403, i * 4, entry, 4);
    }
  }
  const root = Number(registers.cr3 >> 12n) - origin;
  if (mode === 'long') rig.put(root, 16, upper * 4096n | 0x67n);
  else if (mode === '32-bit') rig.put(root, 512 * 4, narrow * 4096n | 0x67n, 4);
  else {
    const pdptes = registers.pdptes.map((value, i) => (i === 2 ? directory * 4096n | 1n : value));
    pdptes.forEach((value, i) => rig.put(PDPTES, i * 8, value));
    return { ...registers, pdptes, cr3: BigInt((origin + PDPTES) * 4096) };
  }
  return registers;
}

/** Everything below the harness that is not as the programs begin with. */
function initialWords(rig: MmuRig, origin: number, full: bigint): [number, bigint][] {
  const words: [number, bigint][] = [];
  for (let i = 0; i < HARNESS; i++) {
    const standard = i >= DATA && i < WATCHED ? full : 0n;
    for (let at = 0; at < 4096; at += 8) {
      const word = rig.get(i, at);
      if (word !== standard) words.push([(origin + i) * 4096 + at, word]);
    }
  }
  return words;
}

function harmless({ fill }: Hardware, rig: MmuRig, host: number, kind: number): boolean {
  const at = host - rig.ramAt(0), frame = at >> 12;
  if (frame >= HARNESS) return false;
  // What is written is what is there; where a walk may mark an entry at the same time, nothing.
  if (kind === 2) return frame < WATCHED && (at & 3) !== 0;
  if (kind === 1) return true;
  const byte = rig.host.bytes[host];
  return frame < WATCHED ? byte === fill : byte === 0;
}

const watched = (rig: MmuRig): BigUint64Array => new BigUint64Array(Uint8Array.from(rig.host.bytes.subarray(rig.ramAt(0), rig.ramAt(WATCHED))).buffer);

function difference(before: BigUint64Array, after: BigUint64Array): Map<number, bigint> {
  const changed = new Map<number, bigint>();
  for (let i = 0; i < before.length; i++) if (before[i] !== after[i]) changed.set(i * 8, after[i]!);
  return changed;
}

function encode(words: readonly [number, bigint][], tries: readonly Try[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + words.length * 16 + tries.length * 80));
  let at = 0;
  const u64 = (value: bigint): void => {
    view.setBigUint64(at, value, true);
    at += 8;
  };
  view.setUint32(at, words.length, true);
  at += 4;
  for (const [address, value] of words) {
    u64(BigInt(address));
    u64(value);
  }
  view.setUint32(at, tries.length, true);
  at += 4;
  for (const { registers: r, linear, kind, mode, byte } of tries) {
    for (const value of [r.cr0, r.cr3, r.cr4, r.efer, r.rflags, linear, BigInt(r.cpl), BigInt(kind), mode === 'long' ? 1n : 0n, BigInt(byte)]) u64(value);
  }
  return new Uint8Array(view.buffer);
}

function judge(tries: readonly Try[], { origin, quirks }: Hardware, answers: DataView): Sample {
  const outcomes = new Map<string, number>();
  const differences: string[] = [];
  let at = 0;
  const u64 = (): bigint => answers.getBigUint64((at += 8) - 8, true);
  // KVM does not see tables being put back, so its marks add up within a world.
  let world = -1;
  const theirMarks = new Map<number, bigint>(), ourMarks = new Map<number, bigint>();
  for (const t of tries) {
    const [outcome, given, cr2] = [Number(u64()), Number(u64()), u64()];
    const code = quirks && outcome === 1 && (given & 8) !== 0 ? given | 1 : given;
    if (t.seed !== world) {
      world = t.seed;
      theirMarks.clear();
      ourMarks.clear();
    }
    for (let n = Number(u64()); n > 0; n--) {
      const word = Number(u64()) - origin * 4096, value = u64();
      if (!(quirks && t.mode === 'pae' && word >> 12 === PDPTES)) theirMarks.set(word, value);
    }
    for (const [word, value] of t.changed) ourMarks.set(word, (ourMarks.get(word) ?? 0n) | value);
    const ours = describe(t.result);
    const theirs = outcome === 0 ? 'allowed' : outcome === 1 ? `page fault 0x${code.toString(16)} at 0x${cr2.toString(16)}` : `outcome ${code}`;
    const marks = (map: ReadonlyMap<number, bigint>): string => [...map].map(([a, v]) => `0x${a.toString(16)}=0x${v.toString(16)}`).join(' ');
    const name = `${t.mode}: ${outcome === 1 ? `page fault 0x${code.toString(16)}` : theirs}`;
    outcomes.set(name, (outcomes.get(name) ?? 0) + 1);
    // Walks of KVM's own leave accessed bits alone where they end in a fault; processors set them as they go.
    const missing = outcome === 0 && [...t.changed].some(([word, value]) => ((theirMarks.get(word) ?? 0n) & value & MARKS) !== (value & MARKS));
    const extra = [...theirMarks].some(([word, value]) => (value & MARKS & ~(ourMarks.get(word) ?? 0n)) !== 0n);
    if (ours === theirs && !missing && !extra) continue;
    const { cr0, cr3, cr4, efer, rflags, cpl } = t.registers;
    const state = [cr0, cr3, cr4, efer, rflags].map((value) => value.toString(16)).join(' ');
    differences.push(`world ${t.seed}, ${t.mode}, ${describeAccess(t.linear, t.kind)} at CPL ${cpl}, CR0 CR3 CR4 EFER RFLAGS ${state}: `
      + `we: ${ours} [${marks(t.changed)}], the processor: ${theirs} [${marks(theirMarks)}]`);
  }
  return { accesses: tries.length, outcomes, differences };
}

function describe(result: FillResult): string {
  if (result.kind === 'page-fault') return `page fault 0x${result.errorCode.toString(16)} at 0x${result.linear.toString(16)}`;
  return result.kind === 'ok' ? 'allowed' : describeResult(result);
}

/**
 * Compares what the tables say about each form, operands' access, flags, features, modes, privilege, LOCK, with what
 * iced-x86 says about an instance of it.
 */
import { CpuidFeature, Decoder as IcedDecoder, Code, InstructionInfoFactory, OpAccess, RflagsBits, type Instruction, type OpCodeInfo } from 'iced-x86';
import { FLAG, flagLetters } from '../src/tables/flags.ts';
import type { Feature } from '../src/tables/features.ts';
import type { Row } from '../src/tables/types.ts';
import { instancesOf } from './encode-row.ts';

const ACCESS: Readonly<Record<string, number>> = {
  r: OpAccess.Read, w: OpAccess.Write, rw: OpAccess.ReadWrite, cw: OpAccess.CondWrite, rcw: OpAccess.ReadCondWrite, cr: OpAccess.CondRead,
};

const FLAG_PAIRS: readonly (readonly [number, number])[] = [
  [RflagsBits.OF, FLAG.OF], [RflagsBits.SF, FLAG.SF], [RflagsBits.ZF, FLAG.ZF], [RflagsBits.AF, FLAG.AF], [RflagsBits.CF, FLAG.CF],
  [RflagsBits.PF, FLAG.PF], [RflagsBits.DF, FLAG.DF], [RflagsBits.IF, FLAG.IF], [RflagsBits.AC, FLAG.AC],
  [RflagsBits.C0, FLAG.C0], [RflagsBits.C1, FLAG.C1], [RflagsBits.C2, FLAG.C2], [RflagsBits.C3, FLAG.C3],
];
/** The flags that iced models. */
const MODELLED = FLAG_PAIRS.reduce((mask, [, ours]) => mask | ours, 0);
const translate = (bits: number): number => FLAG_PAIRS.reduce((mask, [theirs, ours]) => ((bits & theirs) !== 0 ? mask | ours : mask), 0);

/** iced's features that have the same meaning as ours under another name. */
const FEATURE_NAMES: Readonly<Record<string, Feature>> = {
  INTEL8086: 'I8086', INTEL186: 'I186', INTEL286: 'I286', INTEL386: 'I386', INTEL486: 'I486', CMPXCHG16B: 'CX16', MULTIBYTENOP: 'P6',
  FPU387: 'FPU', FPU287: 'FPU', SMM: 'I386', PAUSE: 'I8086', CPUID: 'PENTIUM', RDPMC: 'P6', INVEPT: 'EPT', INVVPID: 'VPID', SKINIT_or_SVM: 'SVM',
};
/** Generations: a row says which one brought the instruction, iced says it per operand size. */
const GENERATIONS: ReadonlySet<string> = new Set(['I8086', 'I186', 'I286', 'I386', 'I486', 'X64', 'PENTIUM', 'P6']);

/** One disagreement. `aspect` and `row` are the key of the list of known differences. */
export interface StaticFinding {
  readonly aspect: string;
  readonly row: string;
  readonly ours: string;
  readonly iced: string;
}

function flagFindings(row: Row, i: Instruction, add: (aspect: string, ours: string, iced: string) => void): void {
  const f = row.flags;
  for (const [aspect, ours, theirs] of [
    ['tested', f.tested, i.rflagsRead], ['written', f.written, i.rflagsWritten], ['cleared', f.cleared, i.rflagsCleared],
    ['set', f.set, i.rflagsSet], ['undefined', f.undef, i.rflagsUndefined], ['modified', f.modified, i.rflagsModified],
  ] as const) {
    if ((ours & MODELLED) !== translate(theirs)) add(aspect, flagLetters(ours & MODELLED), flagLetters(translate(theirs)));
  }
}

/** What iced says of a form, over all the codes that one of our rows covers (iced has a code per operand size). */
interface Form {
  readonly name: string;
  readonly ours: (row: Row) => boolean;
  readonly iced: (info: OpCodeInfo) => boolean;
}

const FORMS: readonly Form[] = [
  { name: 'lock', ours: (r) => r.lock, iced: (i) => i.canUseLockPrefix },
  { name: 'rep', ours: (r) => r.rep === 'rep', iced: (i) => i.canUseRepPrefix && !i.canUseRepnePrefix },
  { name: 'repe', ours: (r) => r.rep === 'repe', iced: (i) => i.canUseRepnePrefix && i.canUseRepPrefix },
  { name: 'bnd', ours: (r) => r.rep === 'bnd', iced: (i) => i.canUseBndPrefix },
  { name: 'cpl0', ours: (r) => r.privilege === 'cpl0', iced: (i) => i.mustBeCpl0 },
  { name: 'maybe cpl0', ours: (r) => r.privilege === 'cr4', iced: (i) => i.mayRequireCpl0 },
  { name: 'io', ours: (r) => r.privilege === 'io', iced: (i) => i.isInputOutput },
  { name: 'serialising', ours: (r) => r.serialising, iced: (i) => i.isSerializingIntel },
  { name: 'real mode', ours: (r) => r.inReal, iced: (i) => i.realMode },
  { name: 'v86 mode', ours: (r) => r.inV86, iced: (i) => i.virtual8086Mode },
  { name: '64-bit mode', ours: (r) => r.in64, iced: (i) => i.mode64 },
  { name: 'legacy mode', ours: (r) => r.inLegacy, iced: (i) => i.mode32 || i.mode16 },
];

/** Checks one row against every distinct iced code that its instances decode to. */
export function staticFindings(row: Row): StaticFinding[] {
  const findings = new Map<string, StaticFinding>();
  const factory = new InstructionInfoFactory();
  const seen = new Set<string>();
  const forms = FORMS.map(() => false);
  for (const instance of instancesOf(row)) {
    const decoder = new IcedDecoder(instance.bits, Uint8Array.from(instance.bytes), 0);
    const i = decoder.decode();
    decoder.free();
    const code = `${Code[i.code]} ${instance.bits}`;
    const form = `${code} ${i.opCount > 0 ? i.opKind(0) : 0} ${i.opCount > 1 ? i.opKind(1) : 0}`;
    if (i.code === Code.INVALID) throw new Error(`${row.id}: iced calls ${instance.bytes.join(' ')} invalid`);
    if (seen.has(form)) { i.free(); continue; }
    seen.add(form);
    const add = (aspect: string, ours: string, iced: string): void => {
      findings.set(`${aspect} ${iced}`, { aspect, row: row.id, ours, iced });
    };
    const used = factory.info(i);
    row.operands.forEach((o, n) => {
      if (n >= i.opCount) return;
      const theirs: OpAccess = used.opAccess(n);
      const fits = o.access === 'n' ? theirs === OpAccess.None || theirs === OpAccess.NoMemAccess : theirs === ACCESS[o.access];
      if (!fits) add(`access ${n}`, o.access, OpAccess[theirs]);
    });
    used.free();
    flagFindings(row, i, add);
    const info = i.opCode;
    FORMS.forEach((form, n) => { if (form.iced(info)) forms[n] = true; });
    info.free();
    const names = [...i.cpuidFeatures()].map((f) => CpuidFeature[f] ?? '').map((f): string => FEATURE_NAMES[f] ?? f);
    const ours = row.features.filter((f) => !GENERATIONS.has(f)).sort().join('+');
    const theirs = [...new Set(names.filter((f) => !GENERATIONS.has(f)))].sort().join('+');
    if (ours !== theirs) add('features', ours, theirs);
    i.free();
  }
  factory.free();
  FORMS.forEach((form, n) => {
    const ours = form.ours(row), iced = forms[n] ?? false;
    if (ours !== iced) findings.set(form.name, { aspect: form.name, row: row.id, ours: String(ours), iced: String(iced) });
  });
  return [...findings.values()];
}

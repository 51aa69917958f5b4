/**
 * Which of iced-x86's forms the tables reach. iced has a code per form and operand size; every code that our scope covers
 * must be what some row's instance decodes to.
 */
import { Code, type CpuidFeature, Decoder as IcedDecoder, Instruction } from 'iced-x86';
import { rows } from '../src/tables/rows.ts';
import { instancesOf } from './encode-row.ts';
import { FOREIGN_ENCODINGS, FOREIGN_FEATURES } from './scope.ts';

/** Codes that no instance reaches, and why that is right. */
const UNREACHED: readonly { readonly codes: RegExp; readonly reason: string }[] = [
  { codes: /^Popw_CS$/, reason: 'POP CS existed on the 8086 only; 0F is an escape since the 80286' },
  { codes: /^(Fstenv|Fstcw|Feni|Fdisi|Fclex|Finit|Fsetpm|Fsave|Fstsw)/, reason: 'WAIT and the FN form are two instructions to the processor' },
  { codes: /^(Loopne|Loope|Loop|Jrcxz)_rel8_/, reason: 'further address sizes of rows that are reached' },
  { codes: /^[LMS]fence(_[EF][0-9A-F])?$/, reason: 'the rm field is ignored; instances use one value' },
  { codes: /^Ud0$/, reason: 'a UD0 without ModRM is AMD\'s' },
];

/** In-scope codes of iced that no row reaches and no reason excuses, and how many are in scope. */
export function coverage(): { readonly missing: readonly string[]; readonly inScope: number; readonly unusedReasons: readonly string[] } {
  const seen = new Set<number>();
  for (const row of rows) {
    for (const { bits, bytes } of instancesOf(row)) {
      const decoder = new IcedDecoder(bits, Uint8Array.from(bytes), 0), instruction = decoder.decode();
      seen.add(instruction.code);
      instruction.free();
      decoder.free();
    }
  }
  const missing: string[] = [], used = new Set<RegExp>();
  let inScope = 0;
  for (const [name, code] of Object.entries(Code).filter((entry): entry is [string, Code] => typeof entry[1] === 'number')) {
    const instruction = Instruction.create(code), info = instruction.opCode;
    const features = [...(instruction.cpuidFeatures() as Iterable<CpuidFeature>)];
    // Codes behind a decoder option belong to processors before or beside the ones we cover.
    const foreign = !info.isInstruction || info.decoderOption !== 0 || FOREIGN_ENCODINGS.has(info.encoding) || features.some((f) => FOREIGN_FEATURES.has(f));
    info.free();
    instruction.free();
    if (foreign) continue;
    inScope++;
    if (seen.has(code)) continue;
    const excuse = UNREACHED.find((entry) => entry.codes.test(name));
    if (excuse === undefined) missing.push(name);
    else used.add(excuse.codes);
  }
  return { missing, inScope, unusedReasons: UNREACHED.filter((entry) => !used.has(entry.codes)).map((entry) => entry.reason) };
}

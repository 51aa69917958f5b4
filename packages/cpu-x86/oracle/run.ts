/**
 * Runs the comparison over many sequences.
 */
import { Decoder as IcedDecoder, DecoderOptions, Instruction } from 'iced-x86';
import { MODE } from '../src/decode/codes.ts';
import { Decoded } from '../src/decode/decoded.ts';
import { Decoder } from '../src/decode/decoder.ts';
import { compare } from './compare.ts';
import { type Generator, Random, SLOT } from './generators.ts';

/** One disagreement: what it is, how often it was seen, and bytes that show it. */
export interface Finding {
  readonly what: string;
  count: number;
  readonly bytes: string;
}

/** Outcome of a run. */
export interface Outcome {
  readonly sequences: number;
  /** Sequences that both decode to the same instruction. */
  readonly legal: number;
  readonly findings: readonly Finding[];
}

/** Options of iced that match ours: a plain Intel processor with WBINVD taking F3 as a hint is the only special case. */
const OPTIONS = DecoderOptions.None;
/** Sequences per buffer. */
const BATCH = 4096;

const decoder = new Decoder();

/** Compares `count` sequences from `generate` in one mode (16, 32 or 64). */
export function run(bits: 16 | 32 | 64, count: number, seed: number, generate: Generator): Outcome {
  const random = new Random(seed);
  const mode = bits === 64 ? MODE.BITS64 : bits === 32 ? MODE.BITS32 : MODE.BITS16;
  const out = new Decoded(), instruction = new Instruction();
  const buffer = new Uint8Array(BATCH * SLOT);
  const findings = new Map<string, Finding>();
  let done = 0, legal = 0;
  while (done < count) {
    const batch = Math.min(BATCH, count - done);
    generate(buffer, random);
    // The decoder wants its own copy of the bytes, so one is made per batch; sequences may run on into the next slot.
    const iced = new IcedDecoder(bits, buffer, OPTIONS);
    const base = bits === 64 ? 0x7fff_fffe_1000n : bits === 32 ? 0xffff_f000n : 0xf000n;
    for (let i = 0; i < batch; i++) {
      const at = i * SLOT;
      iced.position = at;
      iced.ip = base;
      iced.decodeOut(instruction);
      decoder.decode(out, buffer, at, buffer.length, mode);
      const what = compare(out, instruction, base);
      if (what === '') { if (out.verdict === 0) legal++; continue; }
      const found = findings.get(what);
      if (found === undefined) {
        const bytes = Array.from(buffer.subarray(at, at + SLOT), (b) => b.toString(16).padStart(2, '0')).join(' ');
        findings.set(what, { what, count: 1, bytes });
      } else found.count++;
    }
    iced.free();
    done += batch;
  }
  instruction.free();
  return { sequences: done, legal, findings: [...findings.values()].sort((a, b) => b.count - a.count) };
}

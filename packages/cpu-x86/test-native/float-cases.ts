/** Numbers and MXCSR for cases of floating-point vector rows. */
import type { Decoded, Row } from '../src/index.ts';
import { Generator } from '../test-sse-float/generate.ts';
import { OPERATIONS, type TestOperation } from '../test-sse-float/operations.ts';
import { A_AT, B_AT, C_AT, INPUT } from '../test-sse-float/records.ts';
import type { Random } from './cases.ts';

type Format = TestOperation['numbers'][number];

const ARITHMETIC = /^V?(ADD|SUB|MUL|DIV|MIN|MAX|SQRT|CMP|U?COMI|ROUND|ADDSUB|HADD|HSUB|DP|RCP|RSQRT|FN?M(ADD|SUB)(ADD|SUB)?\d+)(P|S)(S|D)$/;
const CONVERSION = /^V?CVTT?(PS|PD|SS|SD|DQ|PI|SI|PH)2/;
const FORMATS: Readonly<Record<string, Format>> = { PS: 'f32', SS: 'f32', PD: 'f64', SD: 'f64', DQ: 'i32', PI: 'i32', PH: 'f16' };

/** Format of the numbers that a row's sources hold; `undefined` of what is not arithmetic on floating-point numbers. */
export function formatOf(row: Row, d: Decoded): Format | undefined {
  const conversion = CONVERSION.exec(row.mnemonic)?.[1];
  if (conversion !== undefined) return conversion === 'SI' ? (d.operandSize === 64 ? 'i64' : 'i32') : FORMATS[conversion];
  const arithmetic = ARITHMETIC.exec(row.mnemonic);
  return arithmetic === null ? undefined : FORMATS[`P${arithmetic[5] ?? ''}`];
}

/** Estimates differ from processor to processor but for these (Intel SDM vol. 2, "RCPPS" and "RSQRTPS"). */
const EXACT_ESTIMATES = [0, 0x80000000, 0x7f800000, 0xff800000, 0x7fc12345, 0xffc00000, 0x7f812345, 0xffa00001, 1, 0x80000001, 0x7fffff, 0x807abcde] as const;
const ESTIMATE = /^V?R(CP|SQRT)/;

const SAMPLES: ReadonlyMap<Format, TestOperation> = new Map((['f32', 'f64', 'i32', 'i64', 'f16'] as const).map((format) => {
  const sample = OPERATIONS.find((op) => op.numbers[0] === format);
  if (sample === undefined) throw new Error(`no operation on ${format}`);
  return [format, sample];
}));

export interface Numbers {
  readonly mxcsr: number;
  /** 32 bytes each, for the registers that ModRM.reg and VEX.vvvv name, and for the other operand. */
  readonly reg: Uint8Array;
  readonly vvvv: Uint8Array;
  readonly rm: Uint8Array;
}

/** Related numbers for all operands. */
export function makeNumbers(row: Row, d: Decoded, random: Random): Numbers | undefined {
  const format = formatOf(row, d), sample = format === undefined ? undefined : SAMPLES.get(format);
  if (sample === undefined) return undefined;
  const record = new Uint8Array(INPUT), view = new DataView(record.buffer);
  new Generator(random.below(2 ** 32)).write(view, 0, sample);
  const at = (place: number): Uint8Array => record.slice(place, place + 32);
  const [a, b, c] = [at(A_AT), at(B_AT), at(C_AT)];
  if (ESTIMATE.test(row.mnemonic)) {
    const words = new DataView(b.buffer);
    for (let i = 0; i < 32; i += 4) words.setUint32(i, random.pick(EXACT_ESTIMATES), true);
  }
  const mxcsr = view.getUint32(4, true);
  const [reg, vvvv, rm] = row.family === 'fma' ? random.pick([[a, b, c], [a, c, b], [c, a, b]] as const) : row.usesVvvv ? [c, a, b] : [a, c, b];
  return { mxcsr, reg, vvvv, rm };
}

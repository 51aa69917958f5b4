/** Meanings of vector instructions by row. The VEX form of an instruction has the meaning of the legacy one. */
import type { Row } from '../../tables/types.ts';
import type { MeaningName } from '../meaning-of.ts';
import { isVectorRow } from '../vector-shapes.ts';

/** `MEANING: MNEMONIC …`: mnemonics without the V of VEX. */
const SAME = `
  MOV: MOVAPS MOVUPS MOVAPD MOVUPD MOVDQA MOVDQU MOVNTPS MOVNTPD MOVNTDQ MOVNTDQA MOVNTQ LDDQU MOVD MOVQ2DQ MOVDQ2Q
  PAND: ANDPS ANDPD
  PANDN: ANDNPS ANDNPD
  POR: ORPS ORPD
  PXOR: XORPS XORPD
  PUNPCKLDQ: UNPCKLPS
  PUNPCKHDQ: UNPCKHPS
  PUNPCKLQDQ: UNPCKLPD
  PUNPCKHQDQ: UNPCKHPD
  MOVHPD: MOVLHPS MOVHPS
  BROADCASTB: PBROADCASTB
  BROADCASTW: PBROADCASTW
  BROADCASTD: BROADCASTSS PBROADCASTD
  BROADCASTQ: BROADCASTSD PBROADCASTQ
  BROADCAST128: BROADCASTF128 BROADCASTI128
  BLENDPS: PBLENDD
  PERMD: PERMPS
  PERMQ: PERMPD
  PERM2F128: PERM2I128
  INSERTF128: INSERTI128
  EXTRACTF128: EXTRACTI128
  PEXTRD: EXTRACTPS
  GATHERDD: PGATHERDD GATHERDPS
  GATHERDQ: PGATHERDQ GATHERDPD
  GATHERQD: PGATHERQD GATHERQPS
  GATHERQQ: PGATHERQQ GATHERQPD
  MASKMOVBYTES: MASKMOVQ MASKMOVDQU
`;
const ALIASES: ReadonlyMap<string, string> = new Map(SAME.trim().split('\n').flatMap((line) => {
  const [name = '', mnemonics = ''] = line.trim().split(': ');
  return mnemonics.split(' ').map((mnemonic): [string, string] => [mnemonic, name]);
}));

/** Moves whose meaning depends on which operand is memory. */
function moveOf(mnemonic: string, row: Row): string | undefined {
  const [first, second] = row.operands.map((o) => o.kind);
  const stores = first?.source === 'rm' && !first.allowsReg, loads = row.mod === 'mem' && !stores;
  switch (mnemonic) {
    // With a general or MMX register MOVQ copies all there is.
    case 'MOVQ': return [first, second].every((k) => k?.registers === 'vec') ? 'MOVQ' : 'MOV';
    case 'MOVSS': case 'MOVSD': return loads || stores ? 'MOV' : mnemonic;
    case 'MOVLPS': case 'MOVLPD': return stores ? 'MOV' : 'MOVSD';
    case 'MOVHPS': case 'MOVHPD': return stores ? 'MOVHPD_STORE' : 'MOVHPD';
    case 'MASKMOVPS': case 'PMASKMOVD': return first?.source === 'rm' ? 'MASKMOVD_STORE' : 'MASKMOVD_LOAD';
    case 'MASKMOVPD': case 'PMASKMOVQ': return first?.source === 'rm' ? 'MASKMOVQ_STORE' : 'MASKMOVQ_LOAD';
    default: return undefined;
  }
}

export function vectorMeaning(row: Row): MeaningName | undefined {
  if (!isVectorRow(row)) return undefined;
  const mnemonic = row.vex ? row.mnemonic.replace(/^V/, '') : row.mnemonic;
  return { name: `V_${moveOf(mnemonic, row) ?? ALIASES.get(mnemonic) ?? mnemonic}`, condition: 0 };
}

/**
 * What the tables leave out and iced-x86 knows, by iced's own feature names, with what our decoder must say instead.
 * Nothing is skipped: each entry states an outcome and the comparison checks it.
 */
import { CpuidFeature, EncodingKind } from 'iced-x86';

/** What we make of an instruction outside our scope: `invalid` (#UD), or a row that the encoding falls back to. */
export type Expected = 'invalid' | { readonly mnemonics: readonly string[] };

const NOP: Expected = { mnemonics: ['NOP'] };

/** Encodings that belong to no feature we have. */
export const FOREIGN_ENCODINGS: ReadonlySet<number> = new Set([EncodingKind.EVEX, EncodingKind.XOP, EncodingKind.D3NOW, EncodingKind.MVEX]);

/** Features without rows. Hints fall back to NOP; the rest is #UD on a processor without the feature. */
export const FOREIGN_FEATURES: ReadonlyMap<CpuidFeature, Expected> = new Map<CpuidFeature, Expected>([
  // In the hint space, and therefore NOP where the feature is missing (SDM Vol. 2B, "NOP").
  [CpuidFeature.CLDEMOTE, NOP], [CpuidFeature.PREFETCHITI, NOP], [CpuidFeature.MPX, NOP],
  // 0F 0D /2: an alias of PREFETCH where the feature is missing.
  [CpuidFeature.PREFETCHWT1, { mnemonics: ['PREFETCH'] }],
  // F3 0F 1E is RDSSP with a register; the other shadow-stack instructions have opcodes of their own.
  [CpuidFeature.CET_SS, { mnemonics: ['NOP', 'invalid'] }],
  // AMD APM Vol. 3, "VMGEXIT": without SEV-ES the encoding is that of VMMCALL.
  [CpuidFeature.SEV_ES, { mnemonics: ['VMMCALL'] }],
  ...([
    'D3NOW', 'D3NOWEXT', 'CYRIX_D3NOW', 'SSE4A', 'XOP', 'FMA4', 'TBM', 'LWP', 'AVX_VNNI', 'AVX_IFMA', 'AVX_NE_CONVERT', 'AVX_VNNI_INT8',
    'AVX_VNNI_INT16', 'SHA512', 'SM3', 'SM4', 'GFNI', 'CMPCCXADD', 'RAO_INT', 'AMX_TILE', 'AMX_INT8', 'AMX_BF16', 'AMX_FP16', 'AMX_COMPLEX',
    'AVX512F', 'AVX512BW', 'AVX512DQ', 'AVX512CD', 'AVX512VL', 'RTM', 'HLE_or_RTM', 'SMX', 'SGX1', 'PCONFIG', 'ENQCMD', 'MOVDIRI', 'MOVDIR64B',
    'PTWRITE', 'WAITPKG', 'SERIALIZE', 'TSXLDTRK', 'UINTR', 'HRESET', 'KL', 'AESKLE', 'WIDE_KL', 'FRED', 'LKGS', 'MSRLIST', 'WRMSRNS', 'TDX',
    'RDPRU', 'MCOMMIT', 'MONITORX', 'CLZERO', 'SEV_SNP', 'RMPQUERY', 'INVLPGB', 'OSS', 'UDBG', 'TSE',
    'PADLOCK_ACE', 'PADLOCK_PHE', 'PADLOCK_PMM', 'PADLOCK_RNG', 'PADLOCK_GMI', 'PADLOCK_UNDOC',
  ] as const).map((name) => [CpuidFeature[name], 'invalid'] as const),
]);

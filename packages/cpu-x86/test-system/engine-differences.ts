/**
 * Lines on which the engine is known to be wrong, with what the manual asks for. The spec fails on any other line, and
 * on an entry here that explains nothing any more: delete it then.
 */
export interface EngineDifference {
  readonly guest: string;
  readonly test: string | RegExp;
  readonly why: string;
}

export const engineDifferences: readonly EngineDifference[] = [
  { guest: 'fpu', test: 'mmx with a pending x87 exception', why: 'SDM 3A 12.1: #MF before the MMX instruction' },
  { guest: 'fpu', test: /addps|paddb|ldmxcsr|cvtpi2ps|xgetbv|xsave|#XM|movaps|movups|movntps|lddqu|movq xmm|pcmpestri|pending x87/, why: 'SSE, AVX and their state are not part of the engine yet' },
];

/**
 * Features an instruction may need. The first seven are processor generations that CPUID has no bit for; the rest are
 * the names of CPUID bits in the Intel SDM Vol. 2A, "CPUID", and the AMD APM Vol. 3, Appendix D. LAHF and SAHF are taken to
 * exist in 64-bit mode, whose first processors alone lacked them (CPUID bit LAHF-SAHF).
 */
export const FEATURES = [
  'I8086', 'I186', 'I286', 'I386', 'I486', 'PENTIUM', 'P6',
  'X64', 'FPU', 'CMOV', 'CX8', 'CX16', 'TSC', 'MSR', 'SEP', 'FXSR', 'CLFSH', 'SYSCALL', 'RDTSCP',
  'MMX', 'SSE', 'SSE2', 'SSE3', 'SSSE3', 'SSE4_1', 'SSE4_2', 'POPCNT', 'LZCNT', 'BMI1', 'BMI2', 'ADX', 'MOVBE',
  'AES', 'PCLMULQDQ', 'SHA', 'RDRAND', 'RDSEED', 'RDPID', 'FSGSBASE', 'INVPCID', 'MONITOR',
  'XSAVE', 'XSAVEOPT', 'XSAVEC', 'XSAVES', 'SMAP', 'PKU', 'CLFLUSHOPT', 'CLWB', 'PREFETCHW', 'CET_IBT', 'WBNOINVD',
  'VMX', 'EPT', 'VPID', 'SVM', 'SKINIT',
  'AVX', 'AVX2', 'FMA', 'F16C', 'VAES', 'VPCLMULQDQ',
] as const;

/** One feature name. */
export type Feature = (typeof FEATURES)[number];

const known: ReadonlySet<string> = new Set(FEATURES);

/** Tells whether `name` is a feature of {@link FEATURES}. */
export function isFeature(name: string): name is Feature {
  return known.has(name);
}

/** A CPU model: what CPUID and the capability MSRs say, as data. */
import { FEATURES, type Feature } from '../tables/features.ts';
import { FEATURE_BITS } from './features.ts';

export interface CpuModel {
  readonly name: string;
  readonly summary: string;
  /** Twelve characters. */
  readonly vendor: string;
  readonly brand: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** Names of `FEATURE_BITS`; what the instruction tables need beside them follows. */
  readonly features: ReadonlySet<string>;
  /** Width of physical addresses. */
  readonly physicalBits: number;
}

/** Processor generations, which have no bit of their own. */
const GENERATIONS: readonly Feature[] = ['I8086', 'I186', 'I286', 'I386', 'I486', 'PENTIUM', 'P6'];

/** Decoded whatever CPUID says, because a backend may want to hear of them; without it they are #UD as well. */
const INTERCEPTED: readonly Feature[] = ['VMX', 'EPT', 'VPID', 'SVM', 'SKINIT'];

/** Features of the instruction tables that a model has: what it lacks is #UD. */
export function decoderFeatures(model: CpuModel): ReadonlySet<Feature> {
  return new Set(FEATURES.filter((f) => GENERATIONS.includes(f) || INTERCEPTED.includes(f) || model.features.has(f)));
}

const V1 = 'FPU VME DE PSE TSC MSR PAE MCE CX8 APIC SEP MTRR PGE MCA CMOV PAT PSE36 CLFSH MMX FXSR SSE SSE2 SYSCALL NX X64 LAHF_LM HYPERVISOR';
const SYSTEM = 'X2APIC TSC_DEADLINE TSC_ADJUST PCID RDTSCP PAGE1GB FSGSBASE SMEP SMAP INVPCID UMIP ARCH_CAPABILITIES ERMS FSRM';
const V2 = `${V1} CX16 SSE3 SSSE3 SSE4_1 SSE4_2 POPCNT`;
const V3 = `${V2} XSAVE AVX AVX2 BMI1 BMI2 F16C FMA LZCNT MOVBE`;
const MAX = `${V3} ${SYSTEM} PCLMULQDQ AES RDRAND RDSEED ADX SHA PREFETCHW CLFLUSHOPT CLWB RDPID PKU PKS VAES VPCLMULQDQ XSAVEOPT XSAVEC XGETBV1 FCS_FDS`;

/**
 * Family 6, model 28 executes in order and does not speculate, and neither do we: operating systems know it as free of the
 * weaknesses of speculation and spare themselves the work-arounds, which would cost a fifth of the speed.
 */
const common = { vendor: 'GenuineIntel', family: 6, model: 28, stepping: 10, physicalBits: 40 } as const;
const make = (name: string, summary: string, features: string): CpuModel =>
  ({ ...common, name, summary, brand: `Polyvisor ${name}`, features: new Set(features.split(' ')) });

/** The models by name. */
export const cpuModels: readonly CpuModel[] = [
  make('qemu64', 'the least a 64-bit operating system asks for, with SSE3 and CX16', `${V1} SSE3 CX16 X2APIC`),
  make('x86-64-v2', 'the psABI level x86-64-v2: SSE4.2, POPCNT', `${V2} ${SYSTEM}`),
  make('x86-64-v3', 'the psABI level x86-64-v3: AVX2, BMI, FMA', `${V3} ${SYSTEM}`),
  make('max', 'everything that is implemented', MAX),
];

for (const model of cpuModels) {
  for (const name of model.features) if (!FEATURE_BITS.has(name)) throw new Error(`CPU model ${model.name}: no feature ${name}`);
}

/** Where CPUID shows each feature (Intel SDM vol. 2A, "CPUID"; AMD APM vol. 3, appendix E). */

export type CpuidRegister = 'eax' | 'ebx' | 'ecx' | 'edx';
export interface FeatureBit {
  readonly leaf: number;
  readonly subleaf: number;
  readonly register: CpuidRegister;
  readonly bit: number;
}

/** `leaf[.subleaf]:register`, then names from bit 0 on; `-` for none, `n*` to skip n bits. */
const MAP: readonly [string, string][] = [
  ['1:edx', 'FPU VME DE PSE TSC MSR PAE MCE CX8 APIC - SEP MTRR PGE MCA CMOV PAT PSE36 - CLFSH 3* MMX FXSR SSE SSE2'],
  ['1:ecx', 'SSE3 PCLMULQDQ - MONITOR - VMX 3* SSSE3 2* FMA CX16 3* PCID - SSE4_1 SSE4_2 X2APIC MOVBE POPCNT TSC_DEADLINE AES XSAVE - AVX F16C RDRAND HYPERVISOR'],
  ['7:ebx', 'FSGSBASE TSC_ADJUST - BMI1 - AVX2 FDP_EXCPTN_ONLY SMEP BMI2 ERMS INVPCID 2* FCS_FDS - - - - RDSEED ADX SMAP 2* CLFLUSHOPT CLWB 4* SHA'],
  ['7:ecx', '2* UMIP PKU 5* VAES VPCLMULQDQ 5* LA57 5* RDPID 8* PKS'],
  ['7:edx', '4* FSRM 24* ARCH_CAPABILITIES'],
  ['13.1:eax', 'XSAVEOPT XSAVEC XGETBV1 XSAVES'],
  ['2147483649:edx', '11* SYSCALL 8* NX 5* PAGE1GB RDTSCP - X64'],
  ['2147483649:ecx', 'LAHF_LM - SVM - CR8_LEGACY LZCNT 2* PREFETCHW'],
];

function parse(): Map<string, FeatureBit> {
  const found = new Map<string, FeatureBit>();
  for (const [where, names] of MAP) {
    const [at = '', register = 'eax'] = where.split(':'), [leaf, subleaf] = at.split('.');
    let bit = 0;
    for (const name of names.split(' ')) {
      const skip = /^(\d+)\*$/.exec(name);
      if (skip !== null) bit += Number(skip[1]);
      else {
        if (name !== '-') found.set(name, { leaf: Number(leaf), subleaf: Number(subleaf ?? 0), register: register as CpuidRegister, bit });
        bit++;
      }
    }
  }
  return found;
}

/** By name; names are those of the instruction tables where an instruction needs the feature. */
export const FEATURE_BITS: ReadonlyMap<string, FeatureBit> = parse();

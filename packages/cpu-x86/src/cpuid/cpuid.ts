/** The answers of CPUID (Intel SDM vol. 2A, "CPUID"). */
import type { VcpuState } from '@polyvisor/core';
import { CR4 } from '../state/bits.ts';
import { FEATURE_BITS, type CpuidRegister } from './features.ts';
import type { CpuModel } from './model.ts';

export interface CpuidResult {
  eax: number;
  ebx: number;
  ecx: number;
  edx: number;
}
const HIGHEST = 0x16, HIGHEST_EXTENDED = 0x8000_0008;
/** Where components lie in the standard form of an XSAVE area (vol. 1, 13.5): x87 and SSE, then AVX, then PKRU. */
const XSAVE = { legacy: 576, avx: { size: 256, offset: 576 }, pkru: { size: 8, offset: 2688 } } as const;

const text = (s: string, at: number): number =>
  (s.charCodeAt(at) || 0) | ((s.charCodeAt(at + 1) || 0) << 8) | ((s.charCodeAt(at + 2) || 0) << 16) | ((s.charCodeAt(at + 3) || 0) << 24);

/** What XCR0 may hold. */
export function supportedXcr0(model: CpuModel): number {
  if (!model.features.has('XSAVE')) return 0;
  return 3 | (model.features.has('AVX') ? 4 : 0) | (model.features.has('PKU') ? 0x200 : 0);
}

function bits(model: CpuModel, leaf: number, subleaf: number, register: CpuidRegister): number {
  let value = 0;
  for (const name of model.features) {
    const at = FEATURE_BITS.get(name);
    if (at?.leaf === leaf && at.subleaf === subleaf && at.register === register) value |= 1 << at.bit;
  }
  return value;
}

/** Signature as in leaf 1 EAX. */
export function signature({ family, model, stepping }: CpuModel): number {
  const base = Math.min(family, 15), extra = family - base;
  return stepping | ((model & 15) << 4) | (base << 8) | ((model >> 4) << 16) | (extra << 20);
}

function brandLeaf({ brand }: CpuModel, part: number): CpuidResult {
  const at = part * 16;
  return { eax: text(brand, at), ebx: text(brand, at + 4), ecx: text(brand, at + 8), edx: text(brand, at + 12) };
}

function areaSize(xcr0: number): number {
  if ((xcr0 & 0x200) !== 0) return XSAVE.pkru.offset + XSAVE.pkru.size;
  return (xcr0 & 4) !== 0 ? XSAVE.avx.offset + XSAVE.avx.size : XSAVE.legacy;
}

function xsaveLeaf(model: CpuModel, state: VcpuState, subleaf: number): CpuidResult {
  const supported = supportedXcr0(model), none = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  if (supported === 0) return none;
  const enabled = state.low('xcr0');
  switch (subleaf) {
    case 0: return { eax: supported, ebx: areaSize(enabled), ecx: areaSize(supported), edx: 0 };
    case 1: return { ...none, eax: bits(model, 13, 1, 'eax'), ebx: XSAVE.legacy + ((enabled & 4) !== 0 ? XSAVE.avx.size : 0) + ((enabled & 0x200) !== 0 ? 8 : 0) };
    case 2: return (supported & 4) !== 0 ? { ...none, eax: XSAVE.avx.size, ebx: XSAVE.avx.offset } : none;
    case 9: return (supported & 0x200) !== 0 ? { ...none, eax: XSAVE.pkru.size, ebx: XSAVE.pkru.offset } : none;
    default: return none;
  }
}

/** `index` is the vCPU's number, its APIC ID. */
export function cpuid(model: CpuModel, state: VcpuState, index: number, leaf: number, subleaf: number): CpuidResult {
  const unsigned = leaf >>> 0;
  const known = unsigned <= HIGHEST || (unsigned >= 0x8000_0000 && unsigned <= HIGHEST_EXTENDED) || (unsigned >>> 8) === 0x40_0000;
  // Beyond the highest leaf Intel's processors answer as for the highest basic one.
  return answer(model, state, index, known ? unsigned : HIGHEST, subleaf >>> 0);
}

function answer(model: CpuModel, state: VcpuState, index: number, leaf: number, subleaf: number): CpuidResult {
  const none = { eax: 0, ebx: 0, ecx: 0, edx: 0 };
  switch (leaf) {
    case 0: return { eax: HIGHEST, ebx: text(model.vendor, 0), edx: text(model.vendor, 4), ecx: text(model.vendor, 8) };
    case 1: {
      const osxsave = (state.low('cr4') & CR4.OSXSAVE) !== 0 ? 1 << 27 : 0;
      const enabled = (state.low('apicBase') & 0x800) !== 0;
      // CLFLUSH lines of 8 × 8 bytes; one logical processor in the package.
      return {
        eax: signature(model), ebx: (index << 24) | (1 << 16) | (8 << 8),
        ecx: bits(model, 1, 0, 'ecx') | osxsave, edx: bits(model, 1, 0, 'edx') & ~(enabled ? 0 : 1 << 9),
      };
    }
    // Descriptors: one byte that refers to leaf 4.
    case 2: return { ...none, eax: 1, edx: 0xff };
    case 4: return subleaf === 0 ? { eax: 0x121, ebx: (7 << 22) | 63, ecx: 63, edx: 1 } : subleaf === 1 ? { eax: 0x122, ebx: (7 << 22) | 63, ecx: 63, edx: 1 } : none;
    case 5: return model.features.has('MONITOR') ? { eax: 64, ebx: 64, ecx: 3, edx: 0 } : none;
    case 7: return subleaf > 0 ? none : {
      eax: 0, ebx: bits(model, 7, 0, 'ebx'), edx: bits(model, 7, 0, 'edx'),
      ecx: bits(model, 7, 0, 'ecx') | ((state.low('cr4') & CR4.PKE) !== 0 ? 16 : 0),
    };
    case 0xb: return { eax: 0, ebx: subleaf < 2 ? 1 : 0, ecx: subleaf | (subleaf < 2 ? (subleaf + 1) << 8 : 0), edx: index };
    case 0xd: return xsaveLeaf(model, state, subleaf);
    // The time-stamp counter's frequency: 40 times a crystal of 25 MHz; then base, highest and bus frequency in MHz.
    case 0x15: return { eax: 1, ebx: 40, ecx: 25_000_000, edx: 0 };
    case 0x16: return { eax: 1000, ebx: 1000, ecx: 100, edx: 0 };
    case 0x8000_0000: return { eax: HIGHEST_EXTENDED | 0, ebx: 0, ecx: 0, edx: 0 };
    case 0x8000_0001: return { eax: 0, ebx: 0, ecx: bits(model, 0x8000_0001, 0, 'ecx'), edx: bits(model, 0x8000_0001, 0, 'edx') };
    case 0x8000_0002: case 0x8000_0003: case 0x8000_0004: return brandLeaf(model, leaf - 0x8000_0002);
    case 0x8000_0006: return { ...none, ecx: (256 << 16) | (6 << 12) | 64 };
    // The time-stamp counter is invariant: it follows the machine's clock.
    case 0x8000_0007: return { ...none, edx: 1 << 8 };
    case 0x8000_0008: return { ...none, eax: model.physicalBits | (48 << 8) };
    default: return none;
  }
}

/** Memory types as MTRRs and the PAT encode them (Intel SDM vol. 3A table 11-10). UC− exists in the PAT alone. */
export const MemoryType = { uncacheable: 0, writeCombining: 1, writeThrough: 4, writeProtected: 5, writeBack: 6, uncached: 7 } as const;
export type MemoryType = (typeof MemoryType)[keyof typeof MemoryType];

/** The MTRRs, as the MSRs hold them (§11.11.2). `IA32_MTRR_DEF_TYPE` stands in the vCPU's state. */
export interface Mtrrs {
  /** Pairs IA32_MTRR_PHYSBASEn and IA32_MTRR_PHYSMASKn. */
  readonly variable: readonly { readonly base: bigint; readonly mask: bigint }[];
  /** The eleven fixed ranges from IA32_MTRR_FIX64K_00000 to IA32_MTRR_FIX4K_F8000; absent where the processor has none. */
  readonly fixed?: readonly bigint[];
}

const { uncacheable: UC, writeCombining: WC, writeThrough: WT, writeProtected: WP, writeBack: WB } = MemoryType;
const ENABLED = 1n << 11n;
const FIXED_ENABLED = 1n << 10n;

/** Table 11-7, by the MTRRs' type; in each row by that of the PAT: UC, WC, reserved twice, WT, WP, WB, UC−. */
const EFFECTIVE: Readonly<Record<number, readonly MemoryType[]>> = {
  [UC]: [UC, WC, UC, UC, UC, UC, UC, UC],
  [WC]: [UC, WC, UC, UC, UC, UC, WC, WC],
  [WT]: [UC, WC, UC, UC, WT, WP, WT, UC],
  [WP]: [UC, WC, UC, UC, WT, WP, WP, WC],
  [WB]: [UC, WC, UC, UC, WT, WP, WB, UC],
};

/** Type of a page from what the MTRRs and the PAT say (§11.5.2.2), with caching on (CR0.CD and CR0.NW clear). */
export function effectiveType(mtrr: MemoryType, pat: MemoryType): MemoryType {
  return EFFECTIVE[mtrr]?.[pat] ?? UC;
}

/** The PAT's entry for the PAT, PCD and PWT bits of a paging-structure entry that maps a page (§11.12.3). */
export function patType(pat: bigint, entry: bigint, large: boolean): MemoryType {
  const index = ((entry >> (large ? 12n : 7n)) & 1n) * 4n + ((entry >> 3n) & 3n);
  return Number((pat >> (8n * index)) & 7n) as MemoryType;
}

/** What the MTRRs say about a physical address (§11.11.4.1). */
export function mtrrType(defType: bigint, { variable, fixed }: Mtrrs, address: number): MemoryType {
  if ((defType & ENABLED) === 0n) return UC;
  if (fixed !== undefined && (defType & FIXED_ENABLED) !== 0n && address < 0x10_0000) return fixedType(fixed, address);
  const at = BigInt(address);
  const types = variable
    .filter(({ base, mask }) => (mask & ENABLED) !== 0n && (at & mask & ~0xfffn) === (base & mask & ~0xfffn))
    .map(({ base }) => Number(base & 0xffn) as MemoryType);
  const [first] = types;
  if (first === undefined) return Number(defType & 0xffn) as MemoryType;
  if (types.includes(UC)) return UC;
  if (types.every((type) => type === first)) return first;
  // Of WT and WB together WT holds; everything else is undefined.
  return types.every((type) => type === WT || type === WB) ? WT : UC;
}

/** Eight ranges of 64 KiB, sixteen of 16 KiB, 64 of 4 KiB, a byte each (table 11-9). */
function fixedType(fixed: readonly bigint[], address: number): MemoryType {
  let range: number;
  if (address < 0x8_0000) range = address >> 16;
  else if (address < 0xc_0000) range = 8 + ((address - 0x8_0000) >> 14);
  else range = 24 + ((address - 0xc_0000) >> 12);
  return Number(((fixed[range >> 3] ?? 0n) >> BigInt((range & 7) * 8)) & 0xffn) as MemoryType;
}

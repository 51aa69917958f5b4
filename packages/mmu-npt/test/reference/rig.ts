import {
  CodeFrames, FillStatus, MMU_OFFSETS, NestedFaultReason, QUAD_OFFSETS, TLB_OFFSETS, WORD_OFFSETS, hostOffset,
  type AddressSpace, type Host,
} from '@polyvisor/core';
import { ShadowMmu } from '../../src/shadow/shadow-mmu.ts';
import { WalkMmu, type WalkExports } from '../../src/walk-mmu.ts';
import type { Outcome, Registers, Setting } from './table-walk.ts';

/** The rig's memory in frames: the MMU's own, one state, one code bitmap, then the arena of tables and pages. */
export const FRAMES = 160;
export const ARENA = 128;
const STATE = 48 * 4096;
const BITMAP = 50 * 4096;
const SHADOW_BITMAP = 51 * 4096;
const SHADOW_PAGES = 52 * 4096;

export const sizes = { arenaBytes: (FRAMES - ARENA) * 4096, arenaAt: ARENA * 4096 } as const;

/** A Host small enough to be compared whole after each walk. */
function smallHost(): Host {
  const memory = new WebAssembly.Memory({ initial: FRAMES / 16, maximum: FRAMES / 16, shared: true });
  const buffer = memory.buffer as unknown as SharedArrayBuffer;
  const words = new Int32Array(buffer);
  const part = {
    memory, bytes: new Uint8Array(buffer), words, code: new CodeFrames(words, hostOffset(BITMAP)), view: new DataView(buffer),
    reserve: (_size: number, _align: number, owner: string) =>
      hostOffset(owner === 'mmu' ? 4096 : owner === 'shadow tables' ? SHADOW_PAGES : SHADOW_BITMAP),
    release: () => undefined,
  };
  return part as unknown as Host;
}

/** One vCPU whose tables are written by hand. */
export class Rig {
  readonly host = smallHost();
  readonly mmu: WalkMmu | ShadowMmu;
  readonly hot: WalkExports;
  readonly setting: Setting;

  constructor(options: Pick<Setting, 'shadow' | 'strategy' | 'physicalBits' | 'la57' | 'pages1g' | 'accessedDirty'>, code: readonly number[]) {
    const window = { gpa: ARENA * 4096, size: sizes.arenaBytes, host: ARENA * 4096 };
    const format = options.strategy === 'npt' ? 'npt' : 'ept';
    const space = { root: ARENA, format, onInvalidate: () => () => undefined, lookup: () => ({ kind: 'absent' }) } as unknown as AddressSpace;
    const mmuHost = { host: this.host, space, cpus: 1 };
    this.mmu = options.shadow ? new ShadowMmu({ ...options, pages: 24 }, mmuHost) : new WalkMmu(options, mmuHost, window);
    this.mmu.attach(0, hostOffset(STATE));
    this.hot = this.mmu.imports() as unknown as WalkExports;
    for (const frame of code) this.host.code.mark(frame);
    this.setting = {
      ...options, root: BigInt(ARENA * 4096), code: new Set(code.map(BigInt)),
      windowGpa: BigInt(window.gpa), windowSize: BigInt(window.size), windowHost: BigInt(window.host),
    };
  }

  /** The arena was written anew, the second level among it. */
  forget(): void {
    for (let frame = ARENA; frame < FRAMES; frame++) if (!this.setting.code.has(BigInt(frame))) this.host.code.written(frame);
    this.mmu.flush({ what: 'frames', gfn: 0, count: 2 ** 36 });
    this.mmu.flush({ what: 'all' });
    for (const frame of this.setting.code) this.host.code.mark(Number(frame));
  }

  load(r: Registers): void {
    const { view } = this.host;
    for (const name of ['cr0', 'cr3', 'cr4', 'efer', 'rflags'] as const) view.setBigUint64(STATE + QUAD_OFFSETS[name], r[name], true);
    r.pdptes.forEach((value, i) => {
      view.setBigUint64(STATE + QUAD_OFFSETS.pdpte0 + 8 * i, value, true);
    });
    view.setUint32(STATE + WORD_OFFSETS.cpl, r.cpl, true);
    view.setUint32(STATE + WORD_OFFSETS.pkru, r.pkru, true);
    view.setUint32(STATE + WORD_OFFSETS.pkrs, r.pkrs, true);
    view.setUint32(STATE + MMU_OFFSETS.tagUser, Number(r.tags.user), true);
    view.setUint32(STATE + MMU_OFFSETS.tagSupervisor, Number(r.tags.supervisor), true);
    view.setUint32(STATE + MMU_OFFSETS.tagSupervisorAc, Number(r.tags.supervisorAc), true);
  }

  /** With the frames that are marked at the moment. */
  settingNow(): Setting {
    if (!this.setting.shadow) return this.setting;
    const marked = Array.from({ length: FRAMES }, (_, frame) => frame).filter((frame) => this.host.code.marked(frame));
    return { ...this.setting, code: new Set(marked.map(BigInt)) };
  }

  get state(): number {
    return STATE;
  }
  block(name: keyof typeof MMU_OFFSETS): number {
    return this.host.view.getUint32(STATE + MMU_OFFSETS[name], true);
  }
  #quad(name: keyof typeof MMU_OFFSETS): bigint {
    return this.host.view.getBigUint64(STATE + MMU_OFFSETS[name], true);
  }

  /** Byte offset of the TLB entry for a linear address. */
  entryAt(linear: bigint): number {
    return this.block('tlb') + Number((linear >> 12n) & 4095n) * 32;
  }

  fill(linear: bigint, access: number): Outcome {
    const before = this.#quad('walkLoads');
    const status = this.hot.fill(STATE, Number(linear & 0xffff_ffffn), Number(linear >> 32n), access);
    const loads = Number(this.#quad('walkLoads') - before);
    const at = this.entryAt(linear);
    const { view } = this.host;
    switch (status) {
      case FillStatus.pageFault:
        return { kind: 'page-fault', errorCode: this.block('errorCode'), linear: this.#quad('linear'), loads };
      case FillStatus.nestedFault:
        return {
          kind: 'nested-fault', misconfiguration: this.block('reason') === NestedFaultReason.misconfiguration,
          gpa: this.#quad('gpa'), linear: this.#quad('linear'), qualification: this.#quad('qualification'),
          access: this.block('access'), loads,
        };
      default:
        return {
          kind: status === FillStatus.mmio ? 'mmio' : status === FillStatus.code ? 'code' : 'ok',
          gpa: this.#quad('gpa'), host: BigInt(this.block('host')), shift: this.block('pageShift'), loads,
          entry: {
            read: view.getBigUint64(at + TLB_OFFSETS.readTag, true),
            write: view.getBigUint64(at + TLB_OFFSETS.writeTag, true),
            fetch: view.getBigUint64(at + TLB_OFFSETS.fetchTag, true),
            addend: BigInt(view.getUint32(at + TLB_OFFSETS.addend, true)),
            flags: view.getUint32(at + TLB_OFFSETS.flags, true),
          },
        };
    }
  }
}

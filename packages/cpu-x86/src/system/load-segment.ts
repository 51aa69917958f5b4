/** Loading segment registers by MOV, POP, LDS and the like (Intel SDM vol. 2B, "MOV"; vol. 3A, 5.6, 5.7, 5.4.1). */
import type { Segment, SegmentName } from '@polyvisor/core';
import { SEGMENT_RIGHTS as RIGHTS } from '../state/bits.ts';
import {
  dplOf, isCode, isConforming, isData, isNull, isPresent, isWritableData, markDescriptor, putSegment, readDescriptor,
  rightsOf, segmentOf,
} from './descriptors.ts';
import { Exception, type Processor } from './processor.ts';

export type DataSegment = 'es' | 'ss' | 'ds' | 'fs' | 'gs';

/** Loads ES, SS, DS, FS or GS in the present mode; false when an exception is due. */
export function loadSegment(p: Processor, name: DataSegment, selector: number): boolean {
  if (p.virtual8086) {
    p.setVirtualSegment(name, selector);
    return true;
  }
  if (!p.protectedMode) {
    loadReal(p, name, selector);
    return true;
  }
  return name === 'ss' ? loadStack(p, selector) : loadData(p, name, selector);
}

/** Real-address mode changes the base only: limit and rights stay as protected mode left them. */
export function loadReal(p: Processor, name: SegmentName, selector: number): void {
  const old = p.segment(name);
  p.state.setSegment(name, { ...old, selector, rights: old.rights & ~RIGHTS.unusable, base: BigInt(selector << 4) });
}

function loadData(p: Processor, name: DataSegment, selector: number): boolean {
  if (isNull(selector)) {
    p.clearSegment(name, selector);
    return true;
  }
  const d = readDescriptor(p, selector);
  if (d === undefined) return false;
  const rights = rightsOf(d), dpl = dplOf(rights);
  const readable = isData(rights) || (isCode(rights) && (rights & RIGHTS.readable) !== 0);
  if (!readable) return p.protection(selector);
  if (!isConforming(rights) && ((selector & 3) > dpl || p.cpl > dpl)) return p.protection(selector);
  if (!isPresent(rights)) return p.fault(Exception.notPresent, (selector & 0xfffc) | p.external);
  return putSegment(p, name, d);
}

function loadStack(p: Processor, selector: number): boolean {
  if (isNull(selector)) {
    // 64-bit mode outside CPL 3 allows a null stack segment of its own privilege.
    if (!p.code64 || p.cpl === 3 || (selector & 3) !== p.cpl) return p.protection(0);
    p.clearSegment('ss', selector);
    const ss = p.segment('ss');
    p.state.setSegment('ss', { ...ss, rights: ss.rights | (p.cpl << RIGHTS.dplShift) });
    return true;
  }
  const segment = readStackSegment(p, selector, p.cpl, Exception.protection);
  if (segment === undefined) return false;
  p.state.setSegment('ss', segment);
  return true;
}

/**
 * A stack segment for a privilege level, checked and marked accessed. `vector` is #GP for MOV and returns, and #TS where a
 * task state segment gave the selector.
 */
export function readStackSegment(p: Processor, selector: number, level: number, vector: number): Segment | undefined {
  const code = (selector & 0xfffc) | p.external;
  const none = (which: number, what = code): Segment | undefined => {
    p.fault(which, what);
    return undefined;
  };
  if (isNull(selector)) return none(vector, p.external);
  const d = readDescriptor(p, selector, vector);
  if (d === undefined) return undefined;
  const rights = rightsOf(d);
  if ((selector & 3) !== level || dplOf(rights) !== level || !isWritableData(rights)) return none(vector);
  if (!isPresent(rights)) return none(Exception.stack);
  if (!markDescriptor(p, d, RIGHTS.accessed)) return undefined;
  const segment = segmentOf(d);
  return { ...segment, rights: segment.rights | RIGHTS.accessed };
}

/**
 * After a return to an outer level: data segments that it may not see become null (vol. 3A, 5.8.6). The RPL of a null selector
 * is cleared too (vol. 2A, "IRET", operation: a null selector becomes 0); bases stay, because FS and GS have one in 64-bit mode.
 */
export function dropInnerSegments(p: Processor): void {
  for (const name of ['es', 'ds', 'fs', 'gs'] as const) {
    const segment = p.segment(name);
    if (isNull(segment.selector)) {
      if (segment.selector !== 0) p.state.setSegment(name, { ...segment, selector: 0 });
    } else if ((segment.rights & RIGHTS.unusable) === 0 && !isConforming(segment.rights) && dplOf(segment.rights) < p.cpl) p.clearSegment(name);
  }
}

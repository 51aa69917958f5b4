import { FRAME_SIZE, RIGHTS_RAM, type RamRange } from '@polyvisor/core';
import { trapAmbient } from '../../ambient.ts';
import { found, type Check, type Finding } from '../../report.ts';
import { copy, difference, show } from '../../values.ts';
import type { BackendSubject } from '../options.ts';

const MiB = 2 ** 20;
const SIZES = [1, 4, 16, 64, 640, 3 * 1024, 3.5 * 1024, 4 * 1024, 8 * 1024].map((n) => n * MiB);

const sizesOf = (subject: BackendSubject) => [...new Set([subject.memory, ...(subject.options.layouts ?? SIZES)])];

export const layoutPure: Check<BackendSubject> = {
  name: 'layout-pure',
  summary: 'layout gives the same answer each time and leaves the configuration alone',
  run(subject) {
    const { plugin, config } = subject;
    const used = new Set<string>();
    const before = copy(config);
    const findings: Finding[] = [];
    for (const bytes of sizesOf(subject)) {
      const [first, ...later] = trapAmbient(used, () => [1, 2, 3].map(() => plugin.layout(bytes, config)));
      const other = later.map((answer) => difference(first, answer)).find((d) => d !== undefined);
      if (other !== undefined) findings.push(found(`layout(${bytes}) gives another answer at a later call: ${other}`));
    }
    const changed = difference(before, config);
    if (changed !== undefined) findings.push(found(`layout changes the configuration: ${changed}`));
    return [...findings, ...[...used].map((name) => found(`layout uses ${name}`))];
  },
};

export const layoutValid: Check<BackendSubject> = {
  name: 'layout-valid',
  summary: 'the ranges of a layout are sorted, do not overlap, lie below 2^40 frames and add up to the memory asked for',
  run: (subject) => sizesOf(subject).flatMap((bytes) =>
    rangeProblems(subject.plugin.layout(bytes, subject.config), bytes).map((why) => found(`layout(${bytes}): ${why}`))),
};

function rangeProblems(ranges: readonly RamRange[], bytes: number): string[] {
  const out: string[] = [];
  let end = 0;
  for (const range of ranges) {
    const { gfn, count, rights } = range;
    if (!Number.isInteger(gfn) || !Number.isInteger(count) || gfn < 0 || count < 1 || gfn + count > 2 ** 40) {
      out.push(`${show(range)} is no range of frames below 2^40`);
      continue;
    }
    if (!Number.isInteger(rights) || rights < 0 || rights > RIGHTS_RAM) out.push(`${show(range)} has impossible rights`);
    if (gfn < end) out.push(`${show(range)} begins below the end of the one before, ${end}: sort them, and let none overlap`);
    end = Math.max(end, gfn + count);
  }
  const sum = ranges.reduce((n, range) => n + range.count, 0);
  if (sum * FRAME_SIZE !== bytes) out.push(`the ranges add up to ${sum * FRAME_SIZE} bytes`);
  return out;
}

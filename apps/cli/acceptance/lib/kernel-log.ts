/** What a kernel complains about, compared with the same kernel's complaints in QEMU. */
import { kernelArguments, type Booting } from './boots.ts';
import { Guest } from './guest.ts';
import { PROMPT } from './linux.ts';

/** Messages of the kernel from emergencies to warnings, without their times. */
async function complaints(guest: Guest): Promise<string[]> {
  try {
    await guest.until(PROMPT, 600);
    // Only errors on the console from here on, so that nothing stands between the lines.
    await guest.must('dmesg -n 1');
    const text = await guest.must('dmesg -r | grep "^<[0-4]>" || true');
    return text.split('\n').map((line) => line.replace(/^<\d>\[ *[\d.]+\] ?/, '').trimEnd()).filter((line) => line !== '');
  } finally {
    await guest.kill();
  }
}

/** Without what differs from run to run, and from one machine to another that is as good: addresses and counts. */
const likeness = (line: string): string => line.replace(/\b(0x)?[\da-f]*\d[\da-f]*\b/gi, '#');

export interface Complaints {
  readonly all: readonly string[];
  readonly ofQemu: readonly string[];
  readonly onlyHere: readonly string[];
}

export async function compareComplaints(booting: Booting, machine: 'pc' | 'q35'): Promise<Complaints> {
  const args = [...kernelArguments(booting), '-machine', machine];
  const all = await complaints(Guest.polyvisor([...args, '-serial', 'stdio']));
  const ofQemu = await complaints(Guest.qemu([...args, '-serial', 'stdio']));
  const known = new Set(ofQemu.map(likeness));
  return { all, ofQemu, onlyHere: all.filter((line) => !known.has(likeness(line))) };
}

/** Kernels that are booted to a shell, asked, and switched off. */
import { Guest } from './guest.ts';
import { PROMPT, type Linux } from './linux.ts';

/** All messages, on the serial port; see `CONSOLE` about the timer check. */
export const BOOT_CONSOLE = 'console=ttyS0 no_timer_check';

export interface Booting {
  readonly system: Linux;
  readonly initrd: string;
  readonly entry?: string;
  readonly mmu?: string;
  readonly cpus?: number;
}

export interface Booted {
  /** What was not as it should be. */
  readonly wrong: readonly string[];
  readonly seconds: number;
  /** Instructions in millions. */
  readonly instructions: number;
}

export function kernelArguments({ system, initrd, cpus = 1 }: Booting): string[] {
  return ['-kernel', system.kernel, '-initrd', initrd, '-append', BOOT_CONSOLE, '-m', '256', '-smp', String(cpus)];
}

/** From power-on to power-off by ACPI. A guest that resets instead would boot again, and not end. */
export async function bootOnce(booting: Booting, seconds = 300): Promise<Booted> {
  const { entry = 'auto', mmu = 'ept', cpus = 1 } = booting;
  const from = performance.now();
  const guest = Guest.polyvisor([...kernelArguments(booting), '--entry', entry, '--mmu', mmu, '--stats']);
  const wrong: string[] = [];
  const expectText = (what: string, text: string, expected: string): void => {
    if (text !== expected) wrong.push(`${what} is "${text}" instead of "${expected}"`);
  };
  try {
    const [reached] = await guest.until(new RegExp(`${PROMPT}|Kernel panic.*`), seconds);
    if (reached !== PROMPT) throw new Error(guest.output.slice(-3000));
    expectText('an answer', await guest.must('echo $((6 * 7)) | sed s/2/3/'), '43');
    expectText('nproc', await guest.must('nproc'), String(cpus));
    expectText('online', await guest.must('cat /sys/devices/system/cpu/online'), cpus === 1 ? '0' : `0-${cpus - 1}`);
    guest.type('poweroff -f\n');
    await guest.until('Power down', 60);
    expectText('status', String(await guest.end(60)), '0');
  } catch (error) {
    wrong.push(error instanceof Error ? error.message : String(error));
  } finally {
    await guest.kill();
  }
  const [, instructions = 'NaN'] = /instructions +(\d+) million/.exec(guest.errors) ?? [];
  return { wrong, seconds: (performance.now() - from) / 1000, instructions: Number(instructions) };
}

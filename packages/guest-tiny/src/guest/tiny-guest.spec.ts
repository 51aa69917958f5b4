/** The guest on the real processor, in a PC: commands are typed, answers are read. */
import { describe, expect, test } from 'vitest';
import { makePc, type Pc } from '../../test/pc.ts';
import { TINY_PROMPT, tinyGuest } from './tiny-guest.ts';

/** Enough for the start, which waits 10 ms for the 8254, and for any command. */
const BUDGET = 3_000_000;

function boot(memory?: string): Pc {
  const pc = makePc(tinyGuest(), 'instructions', memory);
  pc.machine.run(BUDGET);
  return pc;
}

/** What the guest says to a line, without the echo and the next prompt. */
function ask({ machine, source, sink }: Pc, line: string): string {
  const from = sink.text.length;
  source.feed(`${line}\r`);
  machine.run(BUDGET);
  return sink.text.slice(from).replace(`${line}\r\n`, '').replace(new RegExp(`${TINY_PROMPT}$`), '').replaceAll('\r', '').trimEnd();
}

test('is the same each time, small, and a kernel for PVH', () => {
  const bytes = tinyGuest();
  expect([tinyGuest(), boot().entry]).toEqual([bytes, 'pvh']);
  expect(bytes.length).toBeLessThan(4096);
});

describe('a console', () => {
  test('greets, and waits asleep', () => {
    const { machine, sink } = boot();
    expect(sink.text).toMatch(/^\r\nThis is the tiny guest of Polyvisor[^]*\r\ntiny> $/);
    expect(machine.vcpus[0]!.runnable).toBe(false);
    const before = machine.vcpus[0]!.instructions;
    machine.run(BUDGET);
    expect(machine.vcpus[0]!.instructions).toBe(before);
  });

  test('echoes, and takes back what is rubbed out', () => {
    const pc = boot();
    pc.source.feed('\bhexx\b\x7flp');
    pc.machine.run(BUDGET);
    expect(pc.sink.text).toMatch(/tiny> hexx\x08 \x08\x08 \x08lp$/);
    expect(ask(pc, '')).toMatch(/^\s*help +this list/);
  });

  test('loses nothing that is typed while it works', () => {
    const pc = boot();
    pc.source.feed('peek 0\rpeek 10\rhelp\r\rpeek 20\r');
    pc.machine.run(BUDGET);
    expect([...pc.sink.text.matchAll(/^tiny> (.*)\r$/gm)].map(([, typed]) => typed)).toEqual(['peek 0', 'peek 10', 'help', '', 'peek 20']);
  });

  test('keeps 127 characters of a line', () => {
    const pc = boot();
    expect(ask(pc, 'x'.repeat(200))).toBe(`${'x'.repeat(127)}\n${'x'.repeat(127)}: no such command; "help" lists all`);
  });
});

describe('a command', () => {
  test('help lists all, and each of them is known', () => {
    const pc = boot();
    const names = ask(pc, 'help').trim().split('\n').map((line) => line.trim().split(' ')[0]!);
    expect(names).toEqual(['help', 'cpuid', 'memory', 'uptime', 'peek', 'poweroff', 'reboot']);
  });

  test('cpuid names the processor', () => {
    expect(ask(boot(), 'cpuid')).toBe('GenuineIntel\nPolyvisor max');
  });

  test.each([['16MiB', ['639 KiB RAM', '15424 KiB RAM']], ['1GiB', ['639 KiB RAM', '1047616 KiB RAM']]])('memory shows the map of %s', (memory, ram) => {
    const lines = ask(boot(memory), 'memory').split('\n');
    expect(lines.every((line) => /^[0-9A-F]{16} to [0-9A-F]{16}, \d+ KiB (RAM|reserved|ACPI tables)$/.test(line))).toBe(true);
    expect(lines.filter((line) => line.endsWith('RAM')).map((line) => line.split(', ')[1])).toEqual(ram);
  });

  test('uptime follows the clock of the machine', () => {
    const pc = boot();
    const seconds = (): number => {
      const answer = ask(pc, 'uptime');
      expect(answer).toMatch(/^\d+\.\d seconds$/);
      return Number.parseFloat(answer);
    };
    const [first, began] = [seconds(), pc.machine.clock.now()];
    // A sleeping machine's time passes when something is due; the guest has nothing, so it works.
    while (pc.machine.clock.now() - began < 2e9) ask(pc, 'cpuid');
    expect(Math.abs(seconds() - first - (pc.machine.clock.now() - began) / 1e9)).toBeLessThan(0.3);
  });

  test('peek shows memory', () => {
    const pc = boot();
    // The code is behind the headers of the ELF file.
    const bytes = [...tinyGuest().subarray(116, 132)].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
    expect(ask(pc, 'peek 100000')).toContain(`00100000 ${bytes}  `);
    expect(ask(pc, 'peek abCDef90')).toMatch(/^ABCDEF90( FF){16} {2}\.{16}$/);
    expect(ask(pc, 'peek g')).toMatch(/^peek needs an address/);
  });

  test('of another name is refused', () => {
    const pc = boot();
    expect([ask(pc, 'helpme'), ask(pc, 'hel')]).toEqual(['helpme: no such command; "help" lists all', 'hel: no such command; "help" lists all']);
    expect(ask(pc, 'help  me')).toMatch(/this list/);
  });

  test.each([['poweroff\r'], ['\x04']])('%j switches off', async (typed) => {
    const { machine, source } = boot();
    source.feed(typed);
    machine.run(BUDGET);
    expect(await machine.finished).toEqual({ kind: 'off', status: 0 });
  });

  test('reboot begins anew', () => {
    const pc = boot();
    expect(ask(pc, 'reboot')).toMatch(/^\s*This is the tiny guest/);
    expect(ask(pc, 'cpuid')).toMatch(/Intel/);
  });
});

test('with the time of the host an idle guest sleeps until something is typed', async () => {
  const { machine, source, sink } = makePc(tinyGuest(), 'host');
  machine.start();
  const until = async (text: string): Promise<void> => {
    while (!sink.text.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until(TINY_PROMPT);
  await new Promise((resolve) => setTimeout(resolve, 20));
  const idle = machine.vcpus[0]!.instructions;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(machine.vcpus[0]!.instructions).toBe(idle);
  source.feed('uptime\r');
  await until(' seconds');
  source.feed('poweroff\r');
  expect(await machine.finished).toEqual({ kind: 'off', status: 0 });
});

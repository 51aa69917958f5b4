import { Access, Activity } from '@polyvisor/core';
import { expect, test } from 'vitest';
import { ELF_BASE, makeElf } from '../test/elf.ts';
import { OsRig, SCRATCH } from '../test/rig.ts';

const exception = (vector: number) => ({ kind: 'intercept', length: 1, info: { what: 'exception', vector, errorCode: 0, linear: 0 } }) as const;

test('a call returns as SYSCALL does: behind the instruction, with RCX and R11', () => {
  const rig = new OsRig();
  const { state } = rig.vcpu;
  const rip = state.get('rip');
  expect(rig.call('getpid')).toBe(1000);
  expect([state.get('rip') - rip, state.get('rcx'), state.get('r11')]).toEqual([2n, rip + 2n, state.get('rflags')]);
});

test('a 32-bit program calls by INT 80h, which leaves the registers alone', () => {
  const rig = new OsRig({ program: makeElf({ bits: 32 }) });
  expect(rig.call('getuid32', 4, 5)).toBe(0);
  expect(rig.vcpu.state.get('rcx')).toBe(5n);
  expect(rig.call('_llseek', 99, 0, 0, SCRATCH, 0)).toBe(-9);
  expect(rig.vcpu.state.get('rax')).toBe(0xffff_fff7n);
});

test('a call that does not exist gives ENOSYS and is named in the trace', () => {
  const rig = new OsRig({ config: { trace: true } });
  rig.answerNumber(56);
  expect(rig.result).toBe(-38);
  rig.answerNumber(99999);
  expect(rig.log.messages.slice(-2).map((m) => m.message)).toEqual([
    'clone() = -1 ENOSYS (this kernel does not have the call)', 'call 99999() = -1 ENOSYS (this kernel does not have the call)',
  ]);
});

test('a trace shows arguments, paths and results', () => {
  const rig = new OsRig({ config: { trace: true } });
  rig.call('openat', -100, rig.poke(SCRATCH, '/nowhere\0'), 0);
  expect(rig.log.messages.at(-1)?.message).toBe('openat(AT_FDCWD, "/nowhere", 00, 00) = -1 ENOENT');
});

test('the program\'s end is the machine\'s', () => {
  expect(new OsRig().answer('exit_group', 0x103)).toEqual({ kind: 'power-off', status: 3 });
});

test.each([
  [0, 136, 'SIGFPE: division error'], [6, 132, 'SIGILL: invalid instruction'], [13, 139, 'SIGSEGV: general protection fault'], [3, 133, 'SIGTRAP: breakpoint'],
])('exception %i ends it with status %i and a report', (vector, status, text) => {
  const rig = new OsRig();
  expect(rig.exit(exception(vector))).toEqual({ kind: 'power-off', status });
  const message = rig.log.messages.at(-1)?.message;
  expect(message).toContain(`/bin/program was ended by ${text}`);
  expect(message).toContain('rip=0000000000401000 in /bin/program: f4  hlt');
  expect(message).toContain('rsp=00007fff');
});

test('touching memory that is not there names the address', () => {
  const rig = new OsRig();
  expect(rig.fault(0x666000, 6)).toEqual({ kind: 'power-off', status: 139 });
  expect(rig.log.messages.at(-1)?.message).toContain('it wrote to 0x666000, where there is nothing');
});

test('writing to text is refused, and so are addresses of the kernel', () => {
  expect(new OsRig().fault(ELF_BASE, 7)).toMatchObject({ kind: 'power-off' });
  const rig = new OsRig();
  expect(rig.translate(-(2 ** 47)).kind).toBe('page-fault');
  expect(rig.fault(-(2 ** 47), 5)).toMatchObject({ kind: 'power-off' });
});

test('the stack grows as it is touched, as far as its limit', () => {
  const rig = new OsRig({ memory: 16 * 2 ** 20 });
  const top = Number(rig.vcpu.state.get('rsp'));
  rig.poke(top - 7 * 2 ** 20, 'x');
  expect(rig.fault(top - 9 * 2 ** 20, 6)).toMatchObject({ kind: 'power-off' });
});

test('a call that waits sleeps, and is made again when input is there', () => {
  const rig = new OsRig();
  const rip = rig.vcpu.state.get('rip');
  expect(rig.answer('read', 0, SCRATCH, 10)).toEqual({ kind: 'wait' });
  expect([rig.vcpu.state.get('rip'), rig.vcpu.state.word('activity')]).toEqual([rip, Activity.halted]);
  rig.input.feed('hello');
  expect(rig.alarms).toEqual([0]);
  rig.ring();
  expect(rig.vcpu.state.word('activity')).toBe(Activity.active);
  expect(rig.again()).toEqual({ kind: 'resume' });
  expect([rig.result, rig.text(SCRATCH, 5)]).toEqual([5, 'hello']);
});

test('memory that is used up ends the program and says so', () => {
  const rig = new OsRig({ memory: 2 ** 20 });
  const start = rig.call('mmap', 0, 2 ** 22, 3, 0x22, -1, 0)!;
  let verdict: ReturnType<OsRig['fault']> = { kind: 'resume' };
  for (let at = start; verdict.kind === 'resume' && at < start + 2 ** 22; at += 4096) verdict = rig.fault(at, 6);
  expect(verdict).toEqual({ kind: 'power-off', status: 137 });
  expect(rig.log.messages.at(-1)?.message).toMatch(/SIGKILL.*no memory is left/);
});

test('pages that were taken away fault again, whatever a TLB held', () => {
  const rig = new OsRig();
  const at = rig.call('mmap', 0, 8192, 3, 0x22, -1, 0)!;
  rig.poke(at, 'x');
  rig.call('mprotect', at, 4096, 1);
  expect(rig.translate(at, Access.write).kind).toBe('page-fault');
  rig.call('munmap', at, 8192);
  expect(rig.translate(at).kind).toBe('page-fault');
});

test('signals: one that is ignored is, one that is blocked waits, the rest end the program', () => {
  const rig = new OsRig();
  const act = (handler: number) => { const b = new Uint8Array(32); b[0] = handler; return rig.poke(SCRATCH, b); };
  expect(rig.call('rt_sigaction', 10, act(1), 0, 8)).toBe(0);
  expect(rig.call('kill', 1000, 10)).toBe(0);
  expect(rig.call('rt_sigprocmask', 0, rig.poke(SCRATCH, Uint8Array.of(0, 0x40, 0, 0, 0, 0, 0, 0)), 0, 8)).toBe(0);
  expect(rig.call('tgkill', 1000, 1000, 15)).toBe(0);
  expect(rig.call('kill', 4, 15)).toBe(-3);
  expect(rig.answer('rt_sigprocmask', 1, SCRATCH, 0, 8)).toEqual({ kind: 'power-off', status: 143 });
});

test('a program that ends itself by a signal is not reported, one whose handler was not called is', () => {
  const rig = new OsRig();
  expect(rig.answer('kill', 1000, 9)).toEqual({ kind: 'power-off', status: 137 });
  expect(rig.log.messages).toEqual([]);
  const other = new OsRig();
  other.call('rt_sigaction', 15, other.poke(SCRATCH, Uint8Array.of(0, 0, 0x40)), 0, 8);
  expect(other.answer('kill', 1000, 15)).toEqual({ kind: 'power-off', status: 143 });
  expect(other.log.messages.at(-1)?.message).toContain('handlers are not called yet');
});

test('what no program may cause stops the machine with its reason', () => {
  const rig = new OsRig();
  expect(rig.exit({ kind: 'unimplemented', bytes: Uint8Array.of(0x0f, 0xc7), mode: 64, linear: 0x401000, text: 'x' })).toMatchObject({ kind: 'fault', problem: { code: 'backend-os/unimplemented' } });
  expect(rig.exit({ kind: 'shutdown' })).toMatchObject({ kind: 'fault', problem: { code: 'backend-os/shutdown' } });
  expect(rig.exit({ kind: 'nested-fault', gpa: 5, access: 'read', reason: 'violation', linear: 6 })).toMatchObject({ kind: 'fault', problem: { code: 'backend-os/no-memory' } });
});

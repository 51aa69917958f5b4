import { describe, expect, test } from 'vitest';
import { EventType, openSection, saveSection, RIGHTS_RAM, type CpuHost } from '@polyvisor/core';
import { FakeClock } from '../fakes/fake-clock.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { FakeIo } from '../fakes/fake-io.ts';
import { FakeMmu } from '../fakes/fake-mmu.ts';
import { RecordingLog } from '../fakes/power.ts';
import { Trace } from '../trace/trace.ts';
import type { ScriptedConfig } from './config.ts';
import { scriptedCpu } from './scripted-cpu.ts';
import type { ScriptedState } from './scripted-state.ts';
import { ScriptedVcpu } from './scripted-vcpu.ts';

function make(config: ScriptedConfig, saved?: ScriptedState, index = 0) {
  const trace = new Trace();
  const host = new FakeHost({ frames: 16, reserved: 65536 });
  const space = host.createAddressSpace({ name: 'guest' });
  const io = new FakeIo(trace);
  const cpuHost: CpuHost = { index, host, space, mmu: new FakeMmu(), io, clock: new FakeClock(), log: new RecordingLog() };
  const parsed = scriptedCpu.config.parse(config);
  const vcpu = new ScriptedVcpu(parsed, cpuHost, saved);
  return { vcpu, trace, host, space, io };
}

describe('the scripted vCPU', () => {
  test('runs steps, counts each as one instruction and halts at the end', () => {
    const { vcpu, trace } = make({ program: [{ print: 'ok', port: 0xe9 }, { set: ['rbx', 7] }, { out: [0x80, 2, 0x1234] }] });

    const exit = vcpu.run(1000);

    expect(exit.kind).toBe('halted');
    expect(trace.entries).toEqual(['port 0xe9/1 <- 0x6f', 'port 0xe9/1 <- 0x6b', 'port 0x80/2 <- 0x1234']);
    expect(vcpu.instructions).toBe(4);
    expect(vcpu.state.low('rip')).toBe(4);
    expect(vcpu.state.low('rbx')).toBe(7);
    expect(vcpu.runnable).toBe(false);
  });

  test('stops exactly at the budget, in the middle of loops too', () => {
    const program = [{ loop: 3, body: [{ loop: 2, body: [{ out: [1, 1, 9] }] }] }] as const;
    const { vcpu, trace } = make({ program });
    const kinds: string[] = [];
    do kinds.push(vcpu.run(4).kind); while (kinds.at(-1) === 'budget');

    // Three times: two OUT, two inner counts; one outer count each.
    expect(trace.entries).toHaveLength(6);
    expect(vcpu.instructions).toBe(3 * (2 + 2 + 1));
    expect(kinds).toEqual(['budget', 'budget', 'budget', 'halted']);
  });

  test('keeps the result of IN in RAX as the processor does', () => {
    const { vcpu, io } = make({ program: [{ set: ['rax', -1] }, { in: [0x60, 1] }, { halt: true }, { in: [0x60, 4] }] });
    io.answer = () => 0x11223344;
    vcpu.run(100);
    expect(vcpu.state.get('rax')).toBe(0xffffffffffffff44n);
    vcpu.nmi();
    vcpu.run(100);
    expect(vcpu.state.get('rax')).toBe(0x11223344n);
  });

  test('gives intercepted ports to the backend, without effect, with the value in RAX', () => {
    const { vcpu, trace } = make({ program: [{ out: [0x3f8, 4, -2] }, { out: [0x400, 1, 1] }] });
    vcpu.control.intercept('ports');
    vcpu.control.interceptPort(0x3fa);

    const exit = vcpu.run(10);

    expect(exit).toMatchObject({ kind: 'intercept', length: 1, info: { what: 'port', port: 0x3f8, size: 4, direction: 'out' } });
    expect(vcpu.state.low('rax')).toBe(-2);
    expect(trace.entries).toEqual([]);
    vcpu.state.setHalves('rip', 1, 0);
    expect(vcpu.run(10).kind).toBe('halted');
    expect(trace.entries).toEqual(['port 0x400/1 <- 0x1']);
  });

  test('exits on HLT only when that is intercepted', () => {
    const { vcpu } = make({ program: [{ halt: true }] });
    vcpu.control.intercept('hlt');
    expect(vcpu.run(10)).toMatchObject({ kind: 'intercept', info: { what: 'hlt' } });
    expect(vcpu.instructions).toBe(0);
    vcpu.control.intercept('hlt', false);
    expect(vcpu.run(10).kind).toBe('halted');
    expect(vcpu.instructions).toBe(1);
  });

  test('wakes from HLT on an interrupt it accepts, acknowledges it and runs the handler', () => {
    const { vcpu, io, trace } = make({
      program: [{ halt: true }, { out: [2, 1, 2] }], interrupts: true, onInterrupt: [{ out: [1, 1, 1] }],
    });
    expect(vcpu.run(100).kind).toBe('halted');
    io.vectors.push(0x31);
    vcpu.setIntr(true);
    expect(vcpu.runnable).toBe(true);
    vcpu.run(1);
    vcpu.setIntr(false);
    expect(vcpu.run(100).kind).toBe('halted');

    expect(vcpu.vectors).toEqual([0x31]);
    expect(trace.entries).toEqual(['acknowledge cpu0 49', 'port 0x1/1 <- 0x1', 'port 0x2/1 <- 0x2']);
  });

  test('stays halted on an interrupt it does not accept, or that was withdrawn', () => {
    const masked = make({ program: [{ halt: true }] });
    masked.vcpu.run(10);
    masked.vcpu.setIntr(true);
    expect(masked.vcpu.runnable).toBe(false);

    const withdrawn = make({ program: [{ halt: true }], interrupts: true });
    withdrawn.vcpu.run(10);
    withdrawn.vcpu.setIntr(true);
    expect(withdrawn.vcpu.run(10).kind).toBe('halted');
    expect(withdrawn.vcpu.vectors).toEqual([]);
  });

  test('keeps a kick that comes outside a run', () => {
    const { vcpu } = make({ program: [{ set: ['rax', 1] }] });
    vcpu.kick();
    expect(vcpu.run(10).kind).toBe('kicked');
    expect(vcpu.instructions).toBe(0);
    expect(vcpu.run(10).kind).toBe('halted');
  });

  test('raises scripted exits until the backend moves RIP, and reports a nested fault once', () => {
    const { vcpu } = make({
      program: [
        { exit: { kind: 'hypercall', instruction: 'vmcall', vector: 0, length: 1 } },
        { exit: { kind: 'nested-fault', gpa: 4096, access: 'read', reason: 'violation', linear: -1 } },
      ],
    });
    expect([vcpu.run(9).kind, vcpu.run(9).kind]).toEqual(['hypercall', 'hypercall']);
    vcpu.state.setHalves('rip', 1, 0);
    expect([vcpu.run(9).kind, vcpu.run(9).kind]).toEqual(['nested-fault', 'halted']);
  });

  test('delivers an injected event and records it', () => {
    const { vcpu } = make({ program: [{ set: ['rbx', 1] }, { set: ['rcx', 1] }] });
    vcpu.control.inject({ vector: 6, type: EventType.hardwareException });
    vcpu.run(10);
    expect(vcpu.delivered).toEqual([{ vector: 6, type: EventType.hardwareException }]);
    expect([vcpu.state.low('rbx'), vcpu.state.low('rcx')]).toEqual([0, 1]);
  });

  test('stores through the address space, and faults where there is nothing', () => {
    const { vcpu, space, trace } = make({
      program: [{ store: [0xffe, 4, 0x04030201] }, { load: [0xffe, 2] }, { store: [0x5000, 1, 3] }, { store: [0x9000, 1, 1] }],
    });
    space.populate(0, 2, RIGHTS_RAM);
    space.mapMmio(5, 1);
    expect(vcpu.run(10)).toMatchObject({ kind: 'nested-fault', gpa: 0x9000, access: 'write' });
    expect(vcpu.state.low('rax')).toBe(0x0201);
    expect(trace.entries).toEqual(['memory 0x5000/1 <- 0x3']);
  });

  test('waits for its start-up IPI when it is not the bootstrap processor', () => {
    const { vcpu } = make({ program: [], others: [[{ set: ['rdx', 3] }]] }, undefined, 1);
    expect(vcpu.run(10).kind).toBe('halted');
    vcpu.sipi(8);
    vcpu.run(10);
    expect(vcpu.state.low('rdx')).toBe(3);
  });

  test('goes on after a restore as if nothing had been', () => {
    const config: ScriptedConfig = {
      program: [{ loop: 5, body: [{ out: [7, 1, 1] }, { in: [8, 2] }] }, { halt: true }], interrupts: true, onInterrupt: [{ out: [9, 1, 9] }],
    };
    const first = make(config);
    first.vcpu.run(7);
    first.vcpu.setIntr(true);
    first.io.vectors.push(0x40);
    first.vcpu.run(1);
    const section = saveSection('cpu0', scriptedCpu.kind, scriptedCpu.state, () => first.vcpu.save());
    const second = make(config, openSection('cpu0', scriptedCpu.state, section));
    const mark = first.trace.entries.length;

    first.vcpu.setIntr(false);
    second.vcpu.setIntr(false);
    first.vcpu.run(100);
    second.vcpu.run(100);

    expect(second.trace.entries).toEqual(first.trace.since(mark));
    expect(second.vcpu.save()).toEqual(first.vcpu.save());
    expect(second.vcpu.vectors).toEqual([0x40]);
  });

  test('begins anew after a reset and gives its blocks back when destroyed', () => {
    const { vcpu, host } = make({ program: [{ set: ['rax', 1] }] });
    vcpu.control.intercept('hlt');
    vcpu.run(10);
    vcpu.reset();
    expect([vcpu.instructions, vcpu.state.low('rax'), vcpu.control.intercepts('hlt')]).toEqual([0, 0, false]);
    expect(vcpu.run(10).kind).toBe('halted');
    vcpu.destroy();
    expect(host.owners).toEqual([]);
  });

  test('refuses a program with an unknown step, and takes one that went through JSON', () => {
    expect(scriptedCpu.config.safeParse({ program: [{ jump: 3 }] }).success).toBe(false);
    const config = { program: [{ exit: { kind: 'unimplemented', bytes: [15, 255], mode: 64, linear: 0, text: 'ud0' } }] };
    const parsed = scriptedCpu.config.parse(JSON.parse(JSON.stringify(config)));
    const { vcpu } = make(parsed);
    expect(vcpu.run(1)).toMatchObject({ kind: 'unimplemented', bytes: Uint8Array.of(15, 255) });
  });
});

import { describe, expect, test } from 'vitest';
import {
  ByteSinkToken, CpuPinsToken, InterruptControllerToken, PowerControlToken, Scope, decodeSnapshot,
  defineDevice, encodeSnapshot, stateless, token, versioned, type EventPoint, type InterruptController,
} from '@polyvisor/core';
import { scriptedCpu } from '@polyvisor/testkit';
import { plainBackend } from '@polyvisor/testkit/fixtures';
import { z } from 'zod';
import { createMachine, namedService, restoreMachine, type MachineDescription, type MachineOptions } from './index.ts';

const printer = defineDevice({
  kind: 'test/printer',
  api: 1,
  summary: 'Passes bytes on and counts them.',
  config: z.strictObject({ port: z.int().default(0x10) }),
  state: versioned(1, z.strictObject({ count: z.int() })),
  resources: (c) => ({ pio: { regs: { size: 4, width: 1, prefer: c.port } }, services: { out: ByteSinkToken } }),
  create(_config, host, saved) {
    let count = saved?.count ?? 0;
    return {
      regions: {
        regs: {
          read: () => count,
          write: (offset, _size, value) => {
            if (offset !== 0) return;
            count++;
            host.services.out.write(value);
          },
        },
      },
      reset: () => (count = 0),
      save: () => ({ count }),
    };
  },
});

/** A one-input controller: raises INTR of vCPU 0 and gives vector 0x20. */
const pic = defineDevice({
  kind: 'test/pic',
  api: 1,
  summary: 'An interrupt controller with four inputs.',
  config: z.strictObject({}),
  state: versioned(1, z.strictObject({ levels: z.int() })),
  resources: () => ({ services: { pins: CpuPinsToken }, provides: { irqs: InterruptControllerToken } }),
  create(_config, host, saved) {
    let levels = saved?.levels ?? 0;
    const change = (gsi: number, on: boolean): void => {
      levels = on ? levels | (1 << gsi) : levels & ~(1 << gsi);
      host.services.pins.setIntr(0, levels !== 0);
    };
    const irqs: InterruptController = {
      inputs: 4,
      setLevel: change,
      importLevel: () => undefined,
      pulse: (gsi) => change(gsi, true),
      message: () => undefined,
      acknowledge: () => 0x20,
    };
    return { provides: { irqs }, reset: () => (levels = 0), save: () => ({ levels }) };
  },
});

/** Asserts its line 1 µs after a write, until its register is read. */
const alarm = defineDevice({
  kind: 'test/alarm',
  api: 1,
  summary: 'A timer with a level interrupt.',
  config: z.strictObject({}),
  state: versioned(1, z.strictObject({ deadline: z.number(), asserted: z.boolean() })),
  resources: () => ({ mmio: { regs: { size: 8, prefer: 0xf000_0000 } }, irq: { line: 'level' }, timers: true }),
  create(_config, host, saved) {
    const { line } = host.irq;
    const timer = host.timer(() => {
      line.set(true);
    });
    if (saved && saved.deadline >= 0) timer.arm(saved.deadline);
    line.set(saved?.asserted ?? false);
    return {
      regions: {
        regs: {
          read: () => {
            line.set(false);
            return 0x1234_5678;
          },
          write: () => {
            timer.arm(host.clock.now() + 1000);
          },
        },
      },
      reset: () => {
        timer.cancel();
        line.set(false);
      },
      save: () => ({ deadline: timer.armed ? timer.deadline : -1, asserted: line.asserted }),
    };
  },
});

function options(output: string[] = [], scope = Scope.root()): MachineOptions {
  scope.provide(ByteSinkToken, { write: (byte) => output.push(String.fromCharCode(byte)) });
  return { plugins: { devices: [printer, pic, alarm], cpus: [scriptedCpu], backends: [plainBackend] }, scope };
}

const describing = (program: unknown[], more: Partial<MachineDescription> = {}): MachineDescription => ({
  memory: '1MiB',
  cpu: { kind: 'testkit/scripted-cpu', config: { program, interrupts: true } },
  backend: { kind: 'testkit/plain-backend' },
  clock: { source: 'instructions' },
  devices: { com: { kind: 'test/printer' }, pic: { kind: 'test/pic' }, alarm: { kind: 'test/alarm', irq: { line: 2 } } },
  ...more,
});

const powerOff = [{ set: ['rax', 0] }, { exit: { kind: 'hypercall', instruction: 'vmcall', vector: 0, length: 1 } }];

describe('a machine', () => {
  test('runs its vCPU, prints through a device and powers off with the status the guest gave', async () => {
    const output: string[] = [];
    const machine = createMachine(describing([{ print: 'hello', port: 0x10 }, { set: ['rbx', 42] }, ...powerOff]), options(output));
    machine.start();
    expect(await machine.finished).toEqual({ kind: 'off', status: 42 });
    expect(output.join('')).toBe('hello');
    machine.destroy();
  });

  test('sleeps until a timer interrupts, and is deterministic on the instruction clock', () => {
    const program = [{ mmioWrite: [0xf000_0000, 4, 1] }, { halt: true }, { mmioRead: [0xf000_0000, 4] }];
    const run = (): unknown => {
      const machine = createMachine(describing(program), options());
      machine.run(100);
      return [machine.vcpus[0]!.instructions, machine.clock.now(), machine.vcpus[0]!.state.get('rax')];
    };
    const first = run();
    expect(first).toEqual(run());
    expect(first).toMatchObject({ 2: 0x1234_5678n });
  });

  test('sleeps and wakes on host time too', async () => {
    const program = [{ mmioWrite: [0xf000_0000, 4, 1] }, { halt: true }, ...powerOff];
    const machine = createMachine(describing(program, { clock: { source: 'host' } }), options());
    machine.start();
    expect(await machine.finished).toMatchObject({ kind: 'off' });
  });

  test('goes on exactly where it was after save, encode, decode and restore', async () => {
    const program = [
      { print: 'ab', port: 0x10 },
      { store: [0x5000, 4, 77] },
      { mmioWrite: [0xf000_0000, 4, 1] },
      { print: 'cd', port: 0x10 },
      { halt: true },
      { mmioRead: [0xf000_0000, 4] },
      { in: [0x10, 1] },
      ...powerOff,
    ];
    const whole = createMachine(describing(program), options());
    whole.start();
    await whole.finished;
    for (const cut of [1, 3, 4, 5, 6]) {
      const first: string[] = [];
      const machine = createMachine(describing(program), options(first));
      machine.run(cut);
      expect(machine.state).toBe('paused');
      const bytes = encodeSnapshot(machine.save());
      machine.destroy();
      const rest: string[] = [];
      const restored = restoreMachine(decodeSnapshot(bytes), options(rest));
      expect(restored.state).toBe('paused');
      expect(encodeSnapshot(restored.save())).toEqual(bytes);
      restored.resume();
      await restored.finished;
      expect([...first, ...rest].join('')).toBe('abcd');
      expect(restored.space.dma().load(0x5000, 4)).toBe(77);
      expect([restored.clock.now(), restored.vcpus[0]!.instructions]).toEqual([whole.clock.now(), whole.vcpus[0]!.instructions]);
    }
  });

  test('reports every problem of a description at once, each with its place', () => {
    const wrong = {
      memory: 5000,
      cpu: { kind: 'no/cpu' },
      backend: { kind: 'testkit/plain-backend', config: { colour: 1 } },
      devices: {
        a: { kind: 'test/printer', pio: { regs: 0xfffe, bar: 1 } },
        b: { kind: 'test/printer', config: { prot: 1 } },
        c: { kind: 'test/printer' },
        d: { kind: 'test/printer', pio: { regs: '0x12' } },
        e: { kind: 'test/alarm', mmio: { regs: 0xf000_0001 } },
        f: { kind: 'test/nothing' },
      },
    };
    const codes: string[] = [];
    try {
      createMachine(wrong, options());
    } catch (error) {
      codes.push(...(error as { problems: { code: string; place: string }[] }).problems.map((p) => `${p.code} ${p.place}`));
    }
    expect(codes.sort()).toEqual([
      'machine/missing-service devices',
      'machine/no-irq-input devices.e.irq.line',
      'machine/outside devices.a.pio.regs',
      'machine/overlap devices.d.pio.regs',
      'machine/unknown-key backend.config.colour',
      'machine/unknown-key devices.b.config.prot',
      'machine/unknown-placement devices.a.pio.bar',
      'machine/unknown-plugin cpu.kind',
      'machine/unknown-plugin devices.f.kind',
    ]);
  });

  test('refuses a device over guest RAM, mixed sharing and inputs that do not exist', () => {
    const make = (devices: MachineDescription['devices']) => () => createMachine(describing([], { devices }), options());
    const pics = { pic: { kind: 'test/pic' } };
    expect(make({ ...pics, a: { kind: 'test/alarm', irq: { line: 0 }, mmio: { regs: 0x1000 } } })).toThrow(
      /machine\/overlap: 0x1000–0x1007 is already taken by guest RAM \(regs at devices\.a\.mmio\.regs\)\. Move one/,
    );
    expect(make({ ...pics, a: { kind: 'test/alarm', irq: { line: 4 } } })).toThrow(/machine\/irq-out-of-range.*it has|machine\/irq-out-of-range: input 4 does not exist/);
    expect(make({ a: { kind: 'test/alarm', irq: { line: 0 } } })).toThrow(/machine\/missing-service.*core\/InterruptController/);
  });

  test('lets the description choose among named services', async () => {
    const [one, two]: string[][] = [[], []];
    const sink = (into: string[]) => ({ write: (byte: number) => into.push(String.fromCharCode(byte)) });
    const services = [namedService('one', ByteSinkToken, sink(one!)), namedService('two', ByteSinkToken, sink(two!))];
    const devices = {
      a: { kind: 'test/printer', services: { out: 'two' } },
      b: { kind: 'test/printer', pio: { regs: 0x20 }, services: { out: 'one' } },
    };
    const plugins = { devices: [printer], cpus: [scriptedCpu], backends: [plainBackend] };
    const machine = createMachine(describing([{ print: 'x', port: 0x10 }, { print: 'y', port: 0x20 }, ...powerOff], { devices }), { plugins, services });
    machine.start();
    await machine.finished;
    expect([one, two]).toEqual([['y'], ['x']]);
    const ambiguous = { a: { kind: 'test/printer' } };
    expect(() => createMachine(describing([], { devices: ambiguous }), { plugins, services })).toThrow(/machine\/ambiguous-service.*one, two/);
  });

  test('pauses, resumes, resets and powers off, and refuses what the state does not allow', async () => {
    const output: string[] = [];
    const machine = createMachine(describing([{ print: 'a', port: 0x10 }, { halt: true }]), options(output));
    const states: string[] = [];
    machine.events.lifecycle.stream.subscribe((e) => states.push(e.to));
    expect(() => machine.resume()).toThrow(/machine\/wrong-state: cannot resume a machine that is created.*while the machine is paused/);
    machine.run(100);
    machine.reset();
    machine.run(100);
    machine.resume();
    machine.pause();
    machine.powerOff(3);
    expect(await machine.finished).toEqual({ kind: 'off', status: 3 });
    machine.destroy();
    machine.destroy();
    expect(() => machine.start()).toThrow(/machine\/wrong-state/);
    expect(output).toEqual(['a', 'a']);
    expect(states).toEqual(['running', 'paused', 'running', 'paused', 'running', 'paused', 'off', 'destroyed']);
  });

  test('stops as faulted with the backend\'s problem, and can be inspected and saved then', async () => {
    const machine = createMachine(describing([{ exit: { kind: 'shutdown' } }]), options());
    const exits: string[] = [];
    machine.events.exit.stream.subscribe((e) => exits.push(`${e.exit.kind} ${e.verdict}`));
    machine.start();
    expect(await machine.finished).toMatchObject({ kind: 'faulted', problem: { code: 'testkit/plain-shutdown' } });
    expect(exits).toEqual(['shutdown fault']);
    expect(machine.save().sections.length).toBeGreaterThan(3);
  });

  test('refuses a snapshot with left-over, foreign or missing sections', () => {
    const machine = createMachine(describing([]), options());
    const good = machine.save();
    const extra = { id: 'devices.ghost', kind: 'x/y', version: 1, state: {} };
    expect(() => restoreMachine({ ...good, sections: [...good.sections, extra] }, options())).toThrow(
      /machine\/snapshot-section: the snapshot's section "devices\.ghost" belongs to no part/,
    );
    const without = good.sections.filter((s) => s.id !== 'devices.alarm');
    expect(() => restoreMachine({ ...good, sections: without }, options())).toThrow(/core\/snapshot-state.*devices\.alarm/);
  });

  test('gives all frames back when it is destroyed, or could not be composed', async () => {
    const { createHost } = await import('@polyvisor/memory');
    const host = createHost({ frames: 8 * 2 ** 20 });
    const machine = createMachine(describing([]), { ...options(), host });
    machine.destroy();
    const failing = defineDevice({ ...printer, kind: 'test/printer', create: () => { throw new Error('broken'); } });
    const plugins = { devices: [failing, pic, alarm], cpus: [scriptedCpu], backends: [plainBackend] };
    expect(() => createMachine(describing([]), { ...options(), plugins, host })).toThrow(/machine\/plugin-failed.*broken/);
    expect(host.frames.free).toBe(host.frames.total);
  });

  test('starts a second vCPU when a device sends it a start-up IPI, and runs both in turns', async () => {
    const starter = defineDevice({
      kind: 'test/starter', api: 1, summary: 'Sends INIT and SIPI to vCPU 1.', config: z.strictObject({}), state: stateless,
      resources: () => ({ pio: { go: { size: 1, prefer: 0x20 } }, services: { pins: CpuPinsToken } }),
      create: (_config, host) => ({
        regions: {
          go: {
            read: () => host.services.pins.count,
            write: (_offset, _size, vector) => {
              host.services.pins.init(1);
              host.services.pins.sipi(1, vector);
            },
          },
        },
        reset: () => undefined,
      }),
    });
    const output: string[] = [];
    const base = options(output);
    const config = { program: [{ out: [0x20, 1, 8] }, { halt: true }], others: [[{ print: 'ap', port: 0x10 }, ...powerOff]] };
    const machine = createMachine(
      {
        ...describing([]),
        cpu: { kind: 'testkit/scripted-cpu', count: 2, config },
        devices: { com: { kind: 'test/printer' }, starter: { kind: 'test/starter' } },
      },
      { ...base, plugins: { ...base.plugins, devices: [printer, starter] } },
    );
    expect(machine.io.pioRead(0x20, 1)).toBe(2);
    machine.start();
    expect(await machine.finished).toMatchObject({ kind: 'off' });
    expect(output.join('')).toBe('ap');
    machine.destroy();
  });

  test('can be reset and started again after it went off, with a new outcome', async () => {
    const machine = createMachine(describing([{ set: ['rbx', 1] }, ...powerOff]), options());
    machine.start();
    const first = machine.finished;
    await first;
    machine.reset();
    expect(machine.state).toBe('created');
    expect(machine.finished).not.toBe(first);
    machine.start();
    expect(await machine.finished).toEqual({ kind: 'off', status: 1 });
  });

  test('destroys what was made already when a later part cannot be made', () => {
    const gone: string[] = [];
    const first = defineDevice({
      kind: 'test/first', api: 1, summary: 'Holds something outside.', config: z.strictObject({}), state: stateless,
      resources: () => ({}),
      create: () => ({ reset: () => undefined, destroy: () => { gone.push('first'); } }),
    });
    const lying = defineDevice({
      kind: 'test/lying', api: 1, summary: 'Returns less than it declares.', config: z.strictObject({}), state: stateless,
      resources: () => ({ pio: { regs: { size: 1, prefer: 1 } } }),
      create: () => ({ regions: {} as never, reset: () => undefined, destroy: () => { gone.push('lying'); } }),
    });
    const failing = defineDevice({
      kind: 'test/failing', api: 1, summary: 'Cannot say what it wants.', config: z.strictObject({}), state: stateless,
      resources: (): Record<string, never> => { throw new Error('no idea'); },
      create: () => ({ reset: () => undefined }),
    });
    const plugins = { devices: [first, lying, failing], cpus: [scriptedCpu], backends: [plainBackend] };
    const make = (...kinds: string[]) => () =>
      createMachine(describing([], { devices: Object.fromEntries(kinds.map((kind, i) => [`d${i}`, { kind }])) }), { plugins });
    expect(make('test/first', 'test/lying')).toThrow(/machine\/wrong-parts.*missing: regs; undeclared: none/);
    expect(gone).toEqual(['lying', 'first']);
    expect(make('test/failing', 'test/nothing')).toThrow(/machine\/plugin-failed: .*no idea[^]*machine\/unknown-plugin/);
  });

  test('lets a device power the machine off while every vCPU sleeps', async () => {
    const scope = Scope.root();
    const Button = token<{ press(): void }>('test/Button');
    const button = defineDevice({
      kind: 'test/button', api: 1, summary: 'A power button.', config: z.strictObject({}), state: stateless,
      resources: () => ({ services: { power: PowerControlToken }, provides: { button: Button } }),
      create: (_c, host) => ({ provides: { button: { press: () => { host.services.power.powerOff(9); } } }, reset: () => undefined }),
    });
    const plugins = { devices: [button], cpus: [scriptedCpu], backends: [plainBackend] };
    const machine = createMachine(describing([{ halt: true }], { devices: { b: { kind: 'test/button' } }, clock: { source: 'host' } }), { plugins, scope });
    machine.start();
    await new Promise((resolve) => setTimeout(resolve, 5));
    machine.scope.get(Button).press();
    expect(await machine.finished).toEqual({ kind: 'off', status: 9 });
  });
});

test('event points are complete after destroy', () => {
  const machine = createMachine(describing([]), options());
  const done: string[] = [];
  for (const point of Object.values(machine.events) as EventPoint<unknown>[]) {
    point.stream.subscribe({ complete: () => done.push(point.name) });
  }
  machine.destroy();
  expect(done.sort()).toEqual(['exit', 'irq', 'lifecycle', 'log', 'step', 'unclaimed']);
});

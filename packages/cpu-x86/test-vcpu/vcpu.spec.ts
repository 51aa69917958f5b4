import { describe, expect, test } from 'vitest';
import { EventType } from '@polyvisor/core';
import { x86StateSchema } from '../src/vcpu/state-schema.ts';
import { DEVICE_PAGE, PLACE, Rig } from './rig.ts';

describe('events', () => {
  test('an interrupt waits for IF, wakes a halted processor and enters the handler', () => {
    const rig = new Rig();
    rig.enter('long', [0xf4, 0xfb, 0xf4]); // HLT; STI; HLT
    rig.vector = 0x30;
    rig.vcpu.setIntr(true);
    expect(rig.run().kind).toBe('halted');
    expect(rig.vcpu.runnable).toBe(false);
    rig.vcpu.state.setWord('activity', 0);
    expect(rig.run().kind).toBe('halted');
    expect(rig.halted).toBe(0x30);
    // STI holds interrupts off for one instruction: the return address is behind the second HLT.
    expect(rig.read(PLACE.stack - 40, 8)).toEqual([PLACE.code & 0xff, PLACE.code >> 8, 0, 0, 0, 0, 0, 0].map((b, i) => (i === 0 ? b + 3 : b)));
  });

  test('the shadow of STI lasts across the end of a run', () => {
    const rig = new Rig();
    rig.enter('long', [0xfb, 0x90, 0x90]); // STI; NOP; NOP
    rig.vector = 0x31;
    expect(rig.run(1).kind).toBe('budget');
    rig.vcpu.setIntr(true);
    rig.run(1);
    // It came behind the first NOP.
    rig.run(1);
    expect(rig.halted).toBe(0x31);
    expect(rig.read(PLACE.stack - 40, 1)).toEqual([(PLACE.code + 2) & 0xff]);
  });

  test('an NMI blocks others until IRET', () => {
    const rig = new Rig();
    rig.enter('long', [0x90, 0x90, 0x90]);
    rig.write(PLACE.handlers + 2, [0x48, 0xcf]); // IRETQ
    rig.vcpu.nmi();
    rig.run(1);
    expect(Number(rig.vcpu.state.get('rip'))).toBe(PLACE.code);
    rig.vcpu.nmi();
    rig.run(2);
    expect(Number(rig.vcpu.state.get('rip'))).toBe(PLACE.code + 1);
  });

  test('an injected exception arrives with its error code before the first instruction', () => {
    const rig = new Rig();
    rig.enter('long', [0x90]);
    expect(rig.vcpu.control.inject({ vector: 13, type: EventType.hardwareException, errorCode: 0x18 })).toBe(true);
    expect(rig.run().kind).toBe('halted');
    expect(rig.halted).toBe(13);
    expect(rig.read(PLACE.stack - 48, 2)).toEqual([0x18, 0]);
    expect(rig.vcpu.control.injected).toBe(undefined);
  });

  test('INIT and a start-up IPI begin in real-address mode at the vector', () => {
    const rig = new Rig();
    rig.enter('long', [0x90]);
    rig.vcpu.init();
    rig.vcpu.state.setWord('activity', 0);
    rig.run(0);
    rig.vcpu.state.setWord('activity', 3);
    rig.write(PLACE.code, [0xf4]);
    rig.vcpu.sipi(PLACE.code >> 12);
    expect(rig.vcpu.runnable).toBe(true);
    expect(rig.run().kind).toBe('halted');
    expect(rig.vcpu.state.segment('cs').selector).toBe(PLACE.code >> 4);
    expect(rig.vcpu.state.get('rip')).toBe(1n);
  });

  test('a triple fault shuts the processor down', () => {
    const rig = new Rig();
    rig.enter('long', [0x0f, 0x0b]);
    rig.vcpu.state.setWord('idtrLimit', 0);
    expect(rig.run().kind).toBe('shutdown');
    expect(rig.run().kind).toBe('shutdown');
    expect(rig.vcpu.runnable).toBe(false);
  });

  test('a kick ends a run once', () => {
    const rig = new Rig();
    rig.enter('long', [0xeb, 0xfe]);
    rig.vcpu.kick();
    expect(rig.run().kind).toBe('kicked');
    expect(rig.run(100).kind).toBe('budget');
    expect(rig.vcpu.instructions).toBe(100);
  });
});

describe('devices', () => {
  test('device memory is read and written in aligned pieces, and a store does not read', () => {
    const rig = new Rig();
    const at = [0, 0, 0xe0, 0xfe];
    rig.enter('long', [0xbb, ...at, 0x8b, 0x03, 0x48, 0x89, 0x43, 0x10, 0x66, 0xff, 0x43, 0x02, 0xf4]);
    expect(rig.run().kind).toBe('halted');
    const hex = (n: number): string => (DEVICE_PAGE + n).toString(16);
    expect(rig.io).toEqual([`read ${hex(0)}/4`, `write ${hex(16)}/4 5a`, `write ${hex(20)}/4 0`, `read ${hex(2)}/2`, `write ${hex(2)}/2 5b`]);
  });

  test('ports obey the permission bitmap at CPL 3', () => {
    const rig = new Rig();
    rig.enter('protected32', [0xe4, 0x10, 0xe6, 0x11, 0xf4], 3);
    // The bitmap begins at 68H; port 10H is allowed, 11H is not.
    rig.write(PLACE.tss + 102, [0x68, 0]);
    rig.write(PLACE.tss + 0x68, [0xff, 0xff, 0xfe, 0xff]);
    expect(rig.run().kind).toBe('halted');
    expect(rig.io).toEqual(['in 10/1']);
    expect(rig.halted).toBe(13);
  });
});

describe('intercepts', () => {
  test('a port exit carries what was decoded, and the instruction has had no effect', () => {
    const rig = new Rig();
    rig.enter('long', [0x66, 0xed, 0xf4]); // IN AX, DX
    rig.vcpu.state.set('rdx', 0x3f8n);
    rig.vcpu.control.intercept('ports');
    rig.vcpu.control.interceptPort(0x3f9);
    expect(rig.run()).toEqual({
      kind: 'intercept', length: 2, info: { what: 'port', port: 0x3f8, size: 2, direction: 'in', string: false, rep: false, linear: 0 },
    });
    expect(rig.io).toEqual([]);
    expect(Number(rig.vcpu.state.get('rip'))).toBe(PLACE.code);
  });

  test.each([
    ['cpuid', [0x0f, 0xa2]], ['rdtsc', [0x0f, 0x31]], ['hlt', [0xf4]], ['wbinvd', [0x0f, 0x09]], ['rdrand', [0x0f, 0xc7, 0xf0]],
    ['syscall', [0x0f, 0x05]], ['iret', [0x48, 0xcf]], ['rdtscp', [0x0f, 0x01, 0xf9]], ['pause', [0xf3, 0x90]],
  ] as const)('%s leaves with its length', (name, code) => {
    const rig = new Rig();
    rig.enter('long', code);
    rig.vcpu.control.intercept(name);
    expect(rig.run()).toMatchObject({ kind: 'intercept', length: code.length, info: { what: name } });
  });

  test('exceptions, control registers, MSRs, descriptor tables and hypercalls leave with their details', () => {
    const leave = (code: number[], ask: (rig: Rig) => void): unknown => {
      const rig = new Rig();
      rig.enter('long', code);
      ask(rig);
      return rig.run();
    };
    expect(leave([0x8b, 0x04, 0x25, 0, 0, 0x40, 0], (r) => r.vcpu.control.interceptException(14)))
      .toMatchObject({ kind: 'intercept', info: { what: 'exception', vector: 14, errorCode: 0, linear: 0x40_0000 } });
    expect(leave([0x0f, 0x22, 0xdb], (r) => r.vcpu.control.interceptControlRegister(3, 'write')))
      .toMatchObject({ info: { what: 'controlRegister', register: 3, access: 'write', general: 3 } });
    expect(leave([0xb9, 0x10, 0, 0, 0, 0x0f, 0x32], (r) => {
      r.vcpu.control.intercept('msrs');
      r.vcpu.control.interceptMsr(0x10, 'read');
    })).toMatchObject({ info: { what: 'msr', index: 0x10, access: 'read' } });
    expect(leave([0x0f, 0x01, 0x14, 0x25, 0, 0x20, 0, 0], (r) => r.vcpu.control.intercept('writeGdtr')))
      .toMatchObject({ info: { what: 'descriptorTable', table: 'gdtr', access: 'write', linear: 0x2000 } });
    expect(leave([0x0f, 0x01, 0xc1], (r) => r.vcpu.control.intercept('hypercall'))).toMatchObject({ kind: 'hypercall', instruction: 'vmcall', length: 3 });
    expect(leave([0xcd, 0x80], (r) => r.vcpu.control.intercept('softwareInterrupt'))).toMatchObject({ info: { what: 'softwareInterrupt', vector: 0x80 } });
  });
});

describe('the interrupt window', () => {
  test('leaves when the guest could take an interrupt, also behind the shadow of STI', () => {
    const rig = new Rig();
    rig.enter('long', [0x90, 0xfb, 0x90, 0x90]); // NOP; STI; NOP; NOP
    rig.vcpu.control.intercept('virtualInterrupt');
    expect(rig.run()).toMatchObject({ kind: 'intercept', info: { what: 'virtualInterrupt' } });
    expect(Number(rig.vcpu.state.get('rip'))).toBe(PLACE.code + 3);
  });
});

describe('saving', () => {
  test('a processor that is made from its state goes on as the first one would', () => {
    const program = [0x48, 0xff, 0xc0, 0x48, 0x01, 0xc3, 0xf2, 0x0f, 0x38, 0xf1, 0xcb, 0x50, 0x5a, 0xeb, 0xf1];
    const first = new Rig();
    first.enter('long', program);
    first.run(1234);
    const saved = x86StateSchema.parse(first.vcpu.save()), memory = first.read(0, PLACE.size);
    const second = new Rig({ saved });
    second.write(0, memory);
    for (const rig of [first, second]) rig.run(777);
    expect(Buffer.from(second.vcpu.state.save()).equals(Buffer.from(first.vcpu.state.save()))).toBe(true);
    expect(second.vcpu.instructions).toBe(first.vcpu.instructions);
  });
});

describe('code that changes', () => {
  test('is seen when a device writes it', () => {
    const rig = new Rig();
    rig.enter('long', [0xb0, 1, 0xeb, 0xfc]);
    rig.run(10);
    rig.write(PLACE.code + 1, [7]);
    rig.run(10);
    expect(rig.vcpu.state.low('rax') & 0xff).toBe(7);
  });

  test('and data beside it do not throw decoded code away', () => {
    const rig = new Rig();
    rig.enter('long', [0xff, 0x04, 0x25, 0x00, 0x98, 0, 0, 0xeb, 0xf7]); // INC DWORD [9800H]; JMP back
    rig.run(1000);
    expect(rig.read(0x9800, 2)).toEqual([500 & 0xff, 500 >> 8]);
    expect(rig.vcpu.engine.cache.invalidations).toBe(0);
  });
});

describe('alignment checks', () => {
  test.each([['load', [0x8b, 0x04, 0x25, 1, 0x98, 0, 0]], ['store', [0x89, 0x04, 0x25, 2, 0x98, 0, 0]], ['push', [0x50]]] as const)(
    'a misaligned %s at CPL 3 is #AC(0) with CR0.AM and RFLAGS.AC', (what, code) => {
      for (const [ac, cpl, vector] of [[true, 3, 17], [false, 3, 13], [true, 0, -1]] as const) {
        const rig = new Rig();
        rig.enter('long', [...code, 0xf4], cpl); // HLT is #GP at CPL 3
        rig.vcpu.state.set('cr0', rig.vcpu.state.get('cr0') | 0x4_0000n);
        if (ac) rig.vcpu.state.set('rflags', 0x4_0002n);
        if (what === 'push') rig.vcpu.state.set('rsp', BigInt(PLACE.stack - 1));
        expect(rig.run().kind).toBe('halted');
        expect(rig.halted).toBe(vector);
      }
    });
});

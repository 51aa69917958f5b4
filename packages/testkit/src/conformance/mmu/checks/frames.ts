import { Access } from '@polyvisor/core';
import type { Check } from '../../report.ts';
import { Expectations } from '../expectations.ts';
import type { MmuSubject } from '../options.ts';
import { FRAME, page, withGuest } from '../sound-guest.ts';
import { physical } from '../world.ts';

const { data } = FRAME;
const { read, write } = Access;

export const deviceMemory: Check<MmuSubject> = {
  name: 'device-memory',
  summary: 'every access to device memory goes to the dispatch with its address, and no TLB entry matches',
  run: (subject) => withGuest(subject, 1, (g) => {
    const { device } = g.rig.places;
    if (device === undefined) return { skipped: 'there is no device memory' };
    const e = new Expectations();
    g.write(FRAME.pages, 0, physical(device) | 7n);
    for (const access of [read, write, write, read]) {
      const result = g.cpu.fill(page(0) + 8n, access);
      e.equal('an access to a device', result.kind, 'mmio');
      if (result.kind === 'mmio') e.equal('its address', Number(result.gpa), device * 4096 + 8);
      e.equal('the TLB then allows', g.cpu.entry(page(0) + 8n).rights, 0);
    }
    return e.findings;
  }),
};

export const readOnlyMemory: Check<MmuSubject> = {
  name: 'read-only-memory',
  summary: 'ROM can be read and not be written, whatever the guest\'s tables say',
  run: (subject) => withGuest(subject, 1, (g) => {
    const { rom } = g.rig.places;
    if (rom === undefined) return { skipped: 'there is no read-only memory' };
    const e = new Expectations();
    g.write(FRAME.pages, 0, physical(rom) | 7n);
    e.equal('a read', g.cpu.fill(page(0), read).kind, 'ok');
    e.equal('the TLB then allows writing', (g.cpu.entry(page(0)).rights & write) !== 0, false);
    e.equal('a write', g.cpu.fill(page(0), write).kind, 'nested-fault');
    e.equal('a read and write', g.cpu.fill(page(0), read | write).kind, 'nested-fault');
    return e.findings;
  }),
};

export const codeFrames: Check<MmuSubject> = {
  name: 'code-frames',
  summary: 'a write to a frame that holds code is told to the engine each time, until the code is gone',
  run: (subject) => withGuest(subject, 1, (g) => {
    const e = new Expectations();
    const { host, mmu, memory } = g.rig;
    g.map(0, data);
    g.reach(page(0), write);
    host.code.mark(memory.base + data);
    mmu.flush({ what: 'frames', gfn: Number(g.address(data) >> 12n), count: 1 });
    e.equal('a read', g.cpu.fill(page(0), read).kind, 'ok');
    for (const time of ['first', 'second']) {
      e.equal('the TLB allows writing', (g.cpu.entry(page(0)).rights & write) !== 0, false);
      const result = g.cpu.fill(page(0) + 16n, write);
      e.equal(`the ${time} write`, result.kind, 'code');
      if (result.kind === 'code') e.equal('it leads to', g.name(result.host), `frame ${data}`);
    }
    host.code.written(memory.base + data);
    e.equal('a write after the code is gone', g.cpu.fill(page(0), write).kind, 'ok');
    return e.findings;
  }),
};

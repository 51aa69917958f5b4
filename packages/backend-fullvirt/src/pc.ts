import {
  FRAME_SIZE, PolyvisorError, RESUME, RIGHTS_RAM, WAIT,
  type Backend, type BackendExit, type BackendHost, type NestedFaultExit, type Problem, type Token, type Vcpu, type Verdict,
} from '@polyvisor/core';
import { planBoot, type Piece } from '@polyvisor/firmware';
import { acpiOptions } from './acpi-options.ts';
import type { BootImages, FirmwareImages, KernelImages } from './boot-images.ts';
import type { FullvirtConfig } from './config.ts';
import { enterKernel } from './entry.ts';
import { fullvirtErrors } from './errors.ts';
import { pciWindow, usableRam } from './layout.ts';
import { openBus } from './open-bus.ts';
import { PciSetup } from './pci-setup.ts';
import { Rom } from './rom.ts';
import { smbiosOptions } from './smbios-options.ts';
import { setText } from './vga-setup.ts';

export interface PcServices {
  readonly images: Token<BootImages>;
  readonly [name: string]: Token<unknown>;
}

/** Tag of the guest's TLB entries; each vCPU has a TLB of its own. */
const GUEST_TAG = 1;
/** Where power management is when no table tells. */
const POWER_BASE = 0x600;
const LEAST_FIRMWARE = 2 ** 16, MOST_FIRMWARE = 2 ** 24;
const ZEROES = new Uint8Array(65536);

/** A PC: loads a kernel at power-on and after each reset, and answers what comes back from its processors. */
export class Pc implements Backend<undefined> {
  readonly #config: FullvirtConfig;
  readonly #host: BackendHost<PcServices>;
  readonly #rom: Rom;

  constructor(config: FullvirtConfig, host: BackendHost<PcServices>) {
    this.#config = config;
    this.#host = host;
    this.#rom = new Rom(host.space, host.memory);
  }

  boot(): void {
    const { vcpus, services } = this.#host;
    const { images } = services;
    for (const { control } of vcpus) {
      // Nothing is intercepted: devices answer directly, and the rest is the processor's own business.
      control.clear();
      control.tag = GUEST_TAG;
    }
    // A processor that was reset is at the reset vector, and those but the first wait for the start-up IPI.
    if (images.firmware) this.#loadFirmware(images);
    else this.#loadKernel(images);
  }

  #loadFirmware({ firmware: { name, bytes } }: FirmwareImages): void {
    if (bytes.length % FRAME_SIZE !== 0 || bytes.length < LEAST_FIRMWARE || bytes.length > MOST_FIRMWARE) {
      throw new PolyvisorError([fullvirtErrors['bad-firmware'](name, { name, size: bytes.length })]);
    }
    this.#rom.load(bytes);
  }

  #loadKernel({ kernel, initrd, modules, commandLine }: KernelImages): void {
    const { vcpus, io, log } = this.#host;
    const { pci, acpi, smbios } = this.#config;
    const ram = usableRam(this.#host.ram);
    const power = acpi === false ? POWER_BASE : acpi.powerBase;
    const hasVga = new PciSetup(io, log).run({ ...pci, power, window: pciWindow(ram) });
    if (hasVga) setText(io);
    const tables = acpi === false ? undefined : acpiOptions(acpi, ram, vcpus.length, pci.ecam);
    const names = smbios === false ? undefined : smbiosOptions(smbios, ram, vcpus.length);
    const plan = planBoot({
      kernel, initrd, commandLine, ram, acpi: tables, textScreen: hasVga, ...(modules && { modules }), ...(names && { smbios: names }),
    });
    for (const piece of plan.pieces) this.#write(piece);
    const [bootstrap] = vcpus;
    if (bootstrap) enterKernel(bootstrap, plan.entry);
  }

  handle(vcpu: Vcpu, exit: BackendExit): Verdict {
    const place = `cpu.${vcpu.index}`;
    switch (exit.kind) {
      case 'halted':
        return WAIT;
      case 'shutdown':
        return this.#shutdown(vcpu);
      case 'nested-fault':
        return this.#nestedFault(vcpu, exit);
      case 'intercept':
        return fault(fullvirtErrors['unexpected-exit'](place, { what: exit.info.what }));
      case 'hypercall':
        return fault(fullvirtErrors['unexpected-exit'](place, { what: exit.instruction }));
      case 'debug':
        return fault(fullvirtErrors['no-debugger'](place, { cause: exit.cause, linear: exit.linear }));
      case 'unimplemented': {
        const bytes = Array.from(exit.bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
        return fault(fullvirtErrors.unimplemented(place, { text: exit.text, bytes, linear: exit.linear }));
      }
    }
  }

  save(): undefined {
    return undefined;
  }

  destroy(): void {
    // It holds nothing outside the machine.
  }

  #shutdown(vcpu: Vcpu): Verdict {
    switch (this.#config.onShutdown) {
      case 'reset':
        return { kind: 'reset' };
      case 'power-off':
        return { kind: 'power-off', status: 0 };
      case 'fault': {
        const rip = `0x${vcpu.state.get('rip').toString(16)}`;
        return fault(fullvirtErrors.shutdown(`cpu.${vcpu.index}`, { cpu: vcpu.index, rip }));
      }
    }
  }

  #nestedFault(vcpu: Vcpu, exit: NestedFaultExit): Verdict {
    const { space, log } = this.#host;
    const gfn = Math.floor(exit.gpa / FRAME_SIZE);
    switch (space.lookup(gfn).kind) {
      case 'absent':
        try {
          if (this.#isRam(gfn)) space.populate(gfn, 1, RIGHTS_RAM);
          else openBus(space, gfn);
        } catch (error) {
          if (error instanceof PolyvisorError) return fault(error.problems[0]);
          throw error;
        }
        return RESUME;
      case 'ram':
        if (exit.access === 'write' && this.#rom.covers(gfn)) return this.#ignoreWrite(vcpu, gfn);
        return fault(fullvirtErrors['no-access'](`cpu.${vcpu.index}`, { gpa: exit.gpa, access: exit.access }));
      case 'mmio':
        // Only a page walk comes here. All ones is an entry with reserved bits set, also for the handler of that fault.
        log.guestError(`cpu.${vcpu.index}: page tables at 0x${exit.gpa.toString(16)}, where there is no RAM: a triple fault`);
        return this.#shutdown(vcpu);
    }
  }

  /** RAM of the machine that was given back, such as a balloon's: the guest wants it again. */
  #isRam(gfn: number): boolean {
    return this.#host.ram.some((range) => gfn >= range.gfn && gfn < range.gfn + range.count);
  }

  #ignoreWrite(vcpu: Vcpu, gfn: number): Verdict {
    const exit = this.#rom.ignoreWrite(vcpu, gfn);
    return exit.kind === 'budget' || exit.kind === 'kicked' ? RESUME : this.handle(vcpu, exit);
  }

  #write({ address, bytes, size }: Piece): void {
    const { memory } = this.#host;
    memory.write(address, bytes, 0, bytes.length);
    for (let at = bytes.length; at < size; at += ZEROES.length) memory.write(address + at, ZEROES, 0, Math.min(ZEROES.length, size - at));
  }
}

function fault(problem: Problem): Verdict {
  return { kind: 'fault', problem };
}

import {
  and, arg, byteFields, device, dwordField, eisaId, less, method, name, or, otherwise, packageOf, path, region, returns, Space, store, when,
  type Aml,
} from './aml.ts';
import { FIRST_INPUT, resources, sharedLevels } from './resources.ts';

/** Inputs of the 8259 pair to which a PIRQ may be routed, and that no device of ISA has. */
const ISA_INPUTS = [5, 10, 11];
/** Input of the I/O APIC that PIRQA reaches. */
const FIRST_GSI = 16;
const PIRQS = ['A', 'B', 'C', 'D'];
/** PIRQ route control (82371AB PIIX4, 4.1.10; 82801I ICH9, 13.1.13): the input, or this for none. */
const ROUTE_REGISTERS = 0x60, OFF = 0x80;
/** `_STA` (ACPI 6.5, 6.3.7) of a link that is not, and one that is enabled. */
const DISABLED = 0x09, ENABLED = 0x0b;
const DEVICES = 32, PINS = 4;
/** A `_PRT` entry is for every function of a device. */
const ANY_FUNCTION = 0xffff;

/** How interrupts are delivered: an operating system tells by `\_PIC`, with 1 for the I/O APIC (ACPI 6.5, 5.8.1). */
export function interruptModel(): Aml {
  return [...name('\\PICF', 0), ...method('\\_PIC', 1, {}, store(arg(0), path('\\PICF')))];
}

/** The route registers, in the bridge to ISA. */
export function routeRegisters(): Aml {
  return [...region('PIRQ', Space.pciConfig, ROUTE_REGISTERS, PIRQS.length), ...byteFields('PIRQ', PIRQS.map((pirq) => `PRQ${pirq}`))];
}

/**
 * Interrupt links (6.2.13) and the routing table, for `\_SB.PCI0`: pin p of device d is PIRQ (d + p) mod 4. `LNKA` to
 * `LNKD` are the inputs of the 8259 pair that the route registers choose, `GSIA` to `GSID` those of the I/O APIC. The latter are
 * fixed, and are there because a routing table cannot say that its inputs are active high.
 */
export function pciInterrupts(): Aml {
  return [
    method('IQST', 1, {}, when(and(arg(0), OFF), returns(DISABLED)), returns(ENABLED)),
    method('IQCR', 1, { serialized: true },
      name('PRR0', resources(sharedLevels(0))), dwordField(path('PRR0'), FIRST_INPUT, 'PRRI'),
      when(less(arg(0), OFF), store(arg(0), path('PRRI'))), returns(path('PRR0'))),
    ...PIRQS.map((pirq, i) => routedLink(`LNK${pirq}`, i, path(`\\_SB.PCI0.ISA.PRQ${pirq}`))),
    ...PIRQS.map((pirq, i) => fixedLink(`GSI${pirq}`, PIRQS.length + i, FIRST_GSI + i)),
    name('PRTP', routingTable('LNK')),
    name('PRTA', routingTable('GSI')),
    method('_PRT', 0, {}, when(path('\\PICF'), returns(path('PRTA'))), otherwise(returns(path('PRTP')))),
  ].flat();
}

function routedLink(of: string, uid: number, register: Aml): Aml {
  return device(of,
    name('_HID', eisaId('PNP0C0F')), name('_UID', uid), name('_PRS', resources(sharedLevels(...ISA_INPUTS))),
    method('_STA', 0, {}, returns([...path('IQST'), ...register])),
    method('_DIS', 0, {}, or(register, OFF, register)),
    method('_CRS', 0, {}, returns([...path('IQCR'), ...register])),
    method('_SRS', 1, { serialized: true }, dwordField(arg(0), FIRST_INPUT, 'PRRI'), store(path('PRRI'), register)));
}

function fixedLink(of: string, uid: number, gsi: number): Aml {
  const setting = resources(sharedLevels(gsi));
  return device(of, name('_HID', eisaId('PNP0C0F')), name('_UID', uid), name('_PRS', setting), name('_CRS', setting), method('_SRS', 1, {}));
}

/** One package for each pin: address, pin, link, and the index of the link's interrupt (6.2.13.1). */
function routingTable(links: string): Aml {
  const entries = Array.from({ length: DEVICES * PINS }, (_, i) => {
    const slot = Math.floor(i / PINS), pin = i % PINS;
    return packageOf(slot * 0x1_0000 + ANY_FUNCTION, pin, path(`${links}${PIRQS[(slot + pin) % PIRQS.length]!}`), 0);
  });
  return packageOf(...entries);
}

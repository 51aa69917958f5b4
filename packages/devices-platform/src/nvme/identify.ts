import type { NvmeConfig } from './config.ts';
import type { Namespace } from './namespace.ts';
import { CQE_SHIFT, MAX_EVENTS, MDTS, NSID, PAGE, SQE_SHIFT, VERSION } from './registers.ts';

export const VENDOR = 0x1b36;
export const DEVICE = 0x0010;
export const FIRMWARE = '1.0';
const MODEL = 'Polyvisor NVMe disk';
/** An organisation identifier of the locally administered kind. */
const OUI = [0x52, 0x54, 0x00] as const;
/** Commands that are there beyond the mandatory ones (ONCS): compare, dataset management, write zeroes. */
const Oncs = { COMPARE: 0x1, DATASET_MANAGEMENT: 0x4, WRITE_ZEROES: 0x8 } as const;

/** Identify controller (5.15.2.2, figure 251). */
export function identifyController(config: NvmeConfig, { discard }: Namespace): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, VENDOR, true);
  view.setUint16(2, VENDOR, true);
  text(bytes, 4, 20, config.serial);
  text(bytes, 24, 40, MODEL);
  text(bytes, 64, 8, FIRMWARE);
  bytes.set([...OUI].reverse(), 73);
  view.setUint8(77, MDTS);
  view.setUint32(80, VERSION, true);
  // CNTRLTYPE: an I/O controller.
  view.setUint8(111, 1);
  // ACL and AERL count from zero.
  view.setUint8(258, 3);
  view.setUint8(259, MAX_EVENTS - 1);
  // FRMW: one slot, which is read-only. LPA: Get Log Page with offsets.
  view.setUint8(260, 0x03);
  view.setUint8(261, 0x04);
  // WCTEMP and CCTEMP, in kelvins.
  view.setUint16(266, 343, true);
  view.setUint16(268, 373, true);
  view.setUint8(512, SQE_SHIFT * 0x11);
  view.setUint8(513, CQE_SHIFT * 0x11);
  view.setUint32(516, NSID, true);
  view.setUint16(520, Oncs.COMPARE | Oncs.WRITE_ZEROES | (discard ? Oncs.DATASET_MANAGEMENT : 0), true);
  // VWC: there is a volatile write cache, and a flush may name all namespaces.
  view.setUint8(525, 0x07);
  new TextEncoder().encodeInto(`nqn.2025-01.io.github.polyvisor:nvme:${config.serial}`, bytes.subarray(768, 1024));
  // Power state 0: 25 W, in hundredths.
  view.setUint16(2048, 2500, true);
  return bytes;
}

/** Identify namespace (5.15.2.1, figure 249). */
export function identifyNamespace(config: NvmeConfig, { blocks, blockSize, discard, readOnly }: Namespace): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  const view = new DataView(bytes.buffer);
  // NSZE, NCAP and NUSE.
  for (const at of [0, 8, 16]) {
    view.setUint32(at, blocks % 2 ** 32, true);
    view.setUint32(at + 4, Math.floor(blocks / 2 ** 32), true);
  }
  // NSFEAT: thin provisioning.
  view.setUint8(24, discard ? 1 : 0);
  // NSATTR: write protected.
  view.setUint8(99, readOnly ? 1 : 0);
  bytes.set(eui64(config.serial), 120);
  // LBADS of the one format.
  view.setUint8(130, Math.log2(blockSize));
  return bytes;
}

/** Active namespace identifiers above `after` (5.15.2.3). */
export function activeNamespaces(after: number): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  if (after < NSID) bytes[0] = NSID;
  return bytes;
}

/** Namespace identification descriptors (5.15.2.4): an EUI-64. */
export function namespaceDescriptors({ serial }: NvmeConfig): Uint8Array {
  const bytes = new Uint8Array(PAGE);
  bytes.set([1, 8, 0, 0, ...eui64(serial)]);
  return bytes;
}

/** The same for the same serial number: FNV-1a behind the organisation. */
function eui64(serial: string): number[] {
  let low = 0x811c9dc5;
  for (let i = 0; i < serial.length; i++) low = Math.imul(low ^ serial.charCodeAt(i), 0x0100_0193);
  return [...OUI, serial.length, low >>> 24, (low >>> 16) & 0xff, (low >>> 8) & 0xff, low & 0xff];
}

/** ASCII, filled up with spaces. */
function text(bytes: Uint8Array, at: number, length: number, what: string): void {
  bytes.fill(0x20, at, at + length);
  new TextEncoder().encodeInto(what, bytes.subarray(at, at + length));
}

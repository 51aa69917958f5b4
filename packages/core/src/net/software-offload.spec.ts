import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameFlag, FrameOffload, LARGEST_FRAME, NetOffload, Segmentation, takesOffload } from './frame-offload.ts';
import { SoftwareOffload } from './software-offload.ts';

type Fields = Partial<Pick<FrameOffload, 'flags' | 'segmentation' | 'headerBytes' | 'segmentBytes' | 'checksumStart' | 'checksumOffset'>>;
const offloadOf = (fields: Fields): FrameOffload => Object.assign(new FrameOffload(), fields);
const both = (n: number): number[] => [(n >>> 8) & 255, n & 255];
const word = (n: number): number[] => [...both(n >>> 16), ...both(n)];

/** RFC 1071, pair by pair. */
function checksum(bytes: readonly number[]): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + (bytes[i + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

interface Packet {
  readonly v6: boolean;
  readonly vlan: boolean;
  readonly id: number;
  readonly seq: number;
  readonly flags: number;
  readonly ipOptions: readonly number[];
  readonly tcpOptions: readonly number[];
  readonly payload: readonly number[];
}

/** A TCP frame by the books, from fields; the only one here that knows how checksums are made. */
function frameOf(p: Packet): number[] {
  const ethernet = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, ...(p.vlan ? [0x81, 0, 0, 7] : []), ...(p.v6 ? [0x86, 0xdd] : [8, 0])];
  const addresses = Array.from({ length: p.v6 ? 32 : 8 }, (_, i) => 40 + i);
  const head = [0x12, 0x34, 0, 80, ...word(p.seq), ...word(99), (20 + p.tcpOptions.length) << 2, p.flags, 1, 2];
  const length = 20 + p.tcpOptions.length + p.payload.length;
  const sum = checksum([...addresses, 0, 6, ...both(length), ...head, 0, 0, 0, 0, ...p.tcpOptions, ...p.payload]);
  const tcp = [...head, ...both(sum), 0, 0, ...p.tcpOptions, ...p.payload];
  if (p.v6) return [...ethernet, 0x60, 0, 0, 0, ...both(length), 6, 64, ...addresses, ...tcp];
  const ip = [0x45 + p.ipOptions.length / 4, 0, ...both(20 + p.ipOptions.length + length), ...both(p.id), 0x40, 0, 64, 6];
  const header = checksum([...ip, 0, 0, ...addresses, ...p.ipOptions]);
  return [...ethernet, ...ip, ...both(header), ...addresses, ...p.ipOptions, ...tcp];
}

const words = (most: number): fc.Arbitrary<number[]> => fc.array(fc.constant([1, 1, 1, 1]), { maxLength: most }).map((all) => all.flat());
const packet: fc.Arbitrary<Packet> = fc.record({
  v6: fc.boolean(), vlan: fc.boolean(), id: fc.nat(0xffff), seq: fc.nat(0xffff_ffff), flags: fc.nat(255), ipOptions: words(3), tcpOptions: words(5),
  payload: fc.uint8Array({ minLength: 1, maxLength: 4000 }).map((bytes) => [...bytes]),
});

function largeOf(p: Packet, segmentBytes: number): { frame: Uint8Array; offload: FrameOffload; headers: number } {
  const frame = Uint8Array.from(frameOf(p));
  const checksumStart = 14 + (p.vlan ? 4 : 0) + (p.v6 ? 40 : 20 + p.ipOptions.length);
  const headerBytes = checksumStart + 20 + p.tcpOptions.length;
  const offload = offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, segmentation: p.v6 ? Segmentation.TCP6 : Segmentation.TCP4, headerBytes, segmentBytes, checksumStart, checksumOffset: 16 });
  // What stands in these fields does not matter: it is made anew.
  frame.fill(0xee, checksumStart + 16, checksumStart + 18);
  return { frame, offload, headers: headerBytes };
}

test('cuts TCP frames into those that a sender without offload would have made', () => {
  fc.assert(fc.property(packet, fc.integer({ min: 8, max: 1500 }), (p, size) => {
    const { frame, offload, headers } = largeOf(p, size);
    const before = frame.slice();
    const software = new SoftwareOffload();
    const count = software.begin(frame, offload);
    const made = Array.from({ length: count }, (_, i) => [...software.make(frame, i)]);
    const wanted = Array.from({ length: Math.ceil(p.payload.length / size) }, (_, i, all = Math.ceil(p.payload.length / size)) => frameOf({
      ...p, id: (p.id + i) & 0xffff, seq: (p.seq + i * size) >>> 0, payload: p.payload.slice(i * size, (i + 1) * size),
      flags: p.flags & ~(i + 1 < all ? 0x09 : 0) & ~(i > 0 ? 0x80 : 0),
    }));
    expect(made).toEqual(wanted);
    expect([software.headers, frame]).toEqual([headers, before]);
  }), { numRuns: 200 });
});

test('completes a checksum, in a copy or in place', () => {
  fc.assert(fc.property(packet, (p) => {
    const right = frameOf(p);
    const start = right.length - 20 - p.tcpOptions.length - p.payload.length;
    const partial = Uint8Array.from(right);
    const length = 20 + p.tcpOptions.length + p.payload.length;
    const pseudo = [...partial.subarray(p.v6 ? start - 32 : start - p.ipOptions.length - 8, p.v6 ? start : start - p.ipOptions.length), 0, 6, ...both(length)];
    partial.set(both(0xffff - checksum(pseudo)), start + 16);
    const software = new SoftwareOffload();
    expect(software.begin(partial, offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, checksumStart: start, checksumOffset: 16 }))).toBe(1);
    expect([...software.make(partial, 0)]).toEqual(right);
    software.fill(partial, 0, partial);
    expect([...partial]).toEqual(right);
  }));
});

test('leaves a frame alone that was only checked', () => {
  const software = new SoftwareOffload();
  const frame = Uint8Array.from(frameOf(fc.sample(packet, { seed: 1, numRuns: 1 })[0]!));
  expect(software.begin(frame, offloadOf({ flags: FrameFlag.CHECKED }))).toBe(1);
  expect(software.make(frame, 0)).toEqual(frame);
});

test('finds what cannot be cut, whatever the fields say', () => {
  const software = new SoftwareOffload();
  const plain: Packet = { v6: false, vlan: false, id: 1, seq: 1, flags: 0x18, ipOptions: [], tcpOptions: [], payload: new Array<number>(3000).fill(7) };
  const { frame, offload } = largeOf(plain, 1000);
  const wrong: Fields[] = [
    { segmentBytes: 7 }, { segmentBytes: 0xffff }, { checksumStart: 30 }, { checksumStart: 38 }, { checksumStart: 0xffff }, { segmentation: Segmentation.TCP6 }, { segmentation: 3 }, { segmentation: Segmentation.ECN },
  ];
  for (const fields of wrong) expect([fields, software.begin(frame, Object.assign(new FrameOffload(), offload, fields))]).toEqual([fields, 0]);
  expect(software.begin(frame.subarray(0, 54), offload)).toBe(0);
  expect(software.begin(frame, offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, checksumStart: frame.length - 10, checksumOffset: 9 }))).toBe(0);
  fc.assert(fc.property(fc.uint8Array({ minLength: 14, maxLength: 200 }), fc.record({ segmentation: fc.nat(255), segmentBytes: fc.nat(65535), checksumStart: fc.nat(300), checksumOffset: fc.nat(300), flags: fc.nat(3) }), (bytes, fields) => {
    const count = software.begin(bytes, offloadOf(fields));
    for (let i = 0; i < count; i++) expect(software.make(bytes, i).length).toBeLessThanOrEqual(LARGEST_FRAME);
  }), { numRuns: 500 });
});

test('says what a taker has to take', () => {
  const all = NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.TSO6 | NetOffload.ECN;
  const flags = FrameFlag.NEEDS_CHECKSUM;
  const cases: [FrameOffload | undefined, number][] = [
    [undefined, 0], [offloadOf({ flags: FrameFlag.CHECKED }), 0], [offloadOf({ flags }), NetOffload.CHECKSUM],
    [offloadOf({ flags, segmentation: Segmentation.TCP4 }), NetOffload.CHECKSUM | NetOffload.TSO4], [offloadOf({ flags, segmentation: Segmentation.TCP6 }), NetOffload.CHECKSUM | NetOffload.TSO6],
    [offloadOf({ flags, segmentation: Segmentation.TCP4 | Segmentation.ECN }), NetOffload.CHECKSUM | NetOffload.TSO4 | NetOffload.ECN],
  ];
  for (const [offload, needed] of cases) {
    for (let offloads = 0; offloads <= all; offloads++) expect(takesOffload(offload, offloads)).toBe((offloads & needed) === needed);
  }
});

test('moves with a tag that is put in or taken out', () => {
  const offload = offloadOf({ flags: FrameFlag.NEEDS_CHECKSUM, segmentation: Segmentation.TCP4, headerBytes: 54, checksumStart: 34, checksumOffset: 16 });
  offload.shift(4);
  expect([offload.headerBytes, offload.checksumStart, offload.checksumOffset]).toEqual([58, 38, 16]);
  offload.clear();
  offload.shift(4);
  expect(offload).toEqual(new FrameOffload());
});

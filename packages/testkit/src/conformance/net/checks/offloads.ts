import { NetOffload, takesOffload } from '@polyvisor/core';
import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding, type Outcome } from '../../report.ts';
import type { NetSubject } from '../options.ts';
import { segmentOf, tcpFrame, type LargeFrame } from '../packets.ts';
import { soon, withBothEnds, type NetRig, type TestCard } from '../rig.ts';

const { CHECKSUM, TSO4, TSO6 } = NetOffload;

/** Frames of each kind that who has `offloads` takes. */
function framesFor(random: Random, offloads: number, mtu: number): LargeFrame[] {
  const segment = Math.min(1000, mtu - 80);
  return [
    ...((offloads & CHECKSUM) !== 0 ? [tcpFrame(random, 4, segment, undefined), tcpFrame(random, 6, segment - 1, undefined)] : []),
    ...((offloads & TSO4) !== 0 ? [tcpFrame(random, 4, 5 * segment, segment), tcpFrame(random, 4, 40_000, segment)] : []),
    ...((offloads & TSO6) !== 0 ? [tcpFrame(random, 6, 3 * segment + 1, segment), tcpFrame(random, 6, 30_001, segment)] : []),
  ];
}

const bytesOf = (card: TestCard): number => card.received.reduce((all, { frame }) => all + (segmentOf(frame)?.payload.length ?? 0), 0);

/** What of a large frame came, in pieces that are each in order. */
function compare({ payload, sequence }: LargeFrame, card: TestCard, offloads: number, mtu: number): Finding[] {
  const got = new Uint8Array(payload.length);
  let count = 0;
  for (const { frame, offload } of card.received) {
    const segment = segmentOf(frame);
    const at = segment ? segment.sequence - sequence : -1;
    if (segment === undefined || at < 0 || at >= payload.length) continue;
    if (!takesOffload(offload, offloads)) return [found(`a card with offloads ${offloads} got a frame with flags ${offload?.flags ?? 0} and segmentation ${offload?.segmentation ?? 0}`)];
    const whole = offload === undefined || (offload.flags & 1) === 0;
    if (whole && segment.wrong !== undefined) return [found(`a card with offloads ${offloads} got a segment with ${segment.wrong}`)];
    if (offload?.segmentation === undefined && frame.length > mtu + 18) return [found(`a card with offloads ${offloads} got an ordinary frame of ${frame.length} bytes`)];
    got.set(segment.payload.subarray(0, payload.length - at), at);
    count += segment.payload.length;
  }
  const wrong = got.findIndex((byte, i) => byte !== payload[i]);
  return wrong >= 0 || count !== payload.length ? [found(`of ${payload.length} bytes for a card with offloads ${offloads} came ${count}${wrong >= 0 ? `, byte ${wrong} is wrong` : ''}`)] : [];
}

export const offloads: Check<NetSubject> = {
  name: 'offloads',
  summary: 'frames that are large or lack checksums reach a card as it takes them, and are cut and completed for one that does not',
  run: (subject) => withBothEnds(subject, async (net): Promise<Outcome> => {
    const taken = net.far.offloads ?? 0;
    if (taken === 0) return { skipped: 'this network takes ordinary frames only' };
    const random = new Random(subject.seed);
    const findings: Finding[] = [];
    for (const cards of [0, CHECKSUM, CHECKSUM | TSO4, CHECKSUM | TSO4 | TSO6, 0]) {
      net.card.offloads = cards;
      for (const large of framesFor(random, net.far.offloads ?? 0, net.near.mtu)) findings.push(...await carry(net, large, cards));
    }
    return findings;
  }),
};

async function carry(net: NetRig, large: LargeFrame, cards: number): Promise<Finding[]> {
  net.card.received.length = 0;
  const before = Uint8Array.from(large.frame);
  for (;;) {
    const { drained } = net.farCard;
    if (net.far?.send(large.frame, large.offload) !== false) break;
    if (!await soon(net, () => net.farCard.drained > drained)) return [found('it refused a large frame, and never called onDrained')];
  }
  await soon(net, () => bytesOf(net.card) >= large.payload.length);
  const changed = before.some((byte, i) => byte !== large.frame[i]);
  return [...(changed ? [found('send changed the large frame that it was given')] : []), ...compare(large, net.card, cards, net.near.mtu)];
}

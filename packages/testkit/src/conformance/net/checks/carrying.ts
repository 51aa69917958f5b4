import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import type { NetSubject } from '../options.ts';
import { isNumbered, numberOf, numberedFrame } from '../packets.ts';
import { breathe, sendAll, soon, withBothEnds, withNet, type NetRig, type TestCard } from '../rig.ts';

const FRAMES = 64;
const HEADER = 14;

/** Frames of all sizes, the largest among them. */
const frames = (random: Random, mtu: number, first = 0): Uint8Array[] =>
  Array.from({ length: FRAMES }, (_, i) => numberedFrame(random, first + i, i % 16 === 15 ? mtu + HEADER : 60 + random.below(mtu + HEADER - 60 + 1)));

const numbered = (card: TestCard): Uint8Array[] => card.received.map(({ frame }) => frame).filter(isNumbered);

function compare(where: string, card: TestCard, sent: readonly Uint8Array[]): Finding[] {
  const got = numbered(card);
  const wrong = sent.findIndex((frame, i) => got[i] === undefined || got[i].length < frame.length || frame.some((byte, at) => byte !== got[i]![at]));
  if (wrong >= 0) return [found(`frame ${wrong} of ${sent[wrong]!.length} bytes ${got[wrong] === undefined ? 'did not come' : `is another (${got[wrong].length} bytes, number ${numberOf(got[wrong])})`} ${where}`)];
  return got.length === sent.length ? [] : [found(`${sent.length} frames were sent and ${got.length} came ${where}`)];
}

export const carriesFrames: Check<NetSubject> = {
  name: 'carries-frames',
  summary: 'ordinary frames of all sizes come whole, once and in order to the other end, in both directions at once',
  run: (subject) => withBothEnds(subject, async (net) => {
    const random = new Random(subject.seed);
    const [out, back] = [frames(random, net.near.mtu), frames(random, net.near.mtu)];
    const refusals = await Promise.all([sendAll(net, net.near, net.card, out), sendAll(net, net.far, net.farCard, back)]);
    await soon(net, () => numbered(net.farCard).length >= FRAMES && numbered(net.card).length >= FRAMES);
    return [...refusals.flat(), ...compare('at the far end', net.farCard, out), ...compare('at the near end', net.card, back)];
  }),
};

export const sendersBuffer: Check<NetSubject> = {
  name: 'senders-buffer',
  summary: 'a frame is left as it is, and its bytes are the sender\'s again when send returns',
  run: (subject) => withBothEnds(subject, async (net) => {
    const sent = frames(new Random(subject.seed), net.near.mtu);
    const buffer = new Uint8Array(net.near.mtu + 64);
    let changed = 0;
    for (const frame of sent) {
      buffer.set(frame, 7);
      const view = buffer.subarray(7, 7 + frame.length);
      const refused = await sendAll(net, net.near, net.card, [view]);
      if (refused.length > 0) return refused;
      if (view.some((byte, i) => byte !== frame[i])) changed += 1;
      buffer.fill(0xdd);
    }
    await soon(net, () => numbered(net.farCard).length >= FRAMES);
    return [...(changed > 0 ? [found(`send changed ${changed} of the frames that it was given`)] : []), ...compare('from a buffer that was used again', net.farCard, sent)];
  }),
};

const LENGTHS = Object.freeze([0, 1, 6, 12, 13, 14, 15, 17, 18, 33, 53, 59, 60]);

export const oddFrames: Check<NetSubject> = {
  name: 'odd-frames',
  summary: 'frames that are too short, too long or make no sense are taken or refused without an exception, and nobody gets one of a length that may not be',
  run: (subject) => withNet(subject, async (net) => {
    const random = new Random(subject.seed);
    const { near } = net;
    for (let i = 0; i < 600; i += 1) {
      const length = i % 3 === 0 ? random.pick(LENGTHS) : random.below(i % 3 === 1 ? near.mtu + 19 : 70_000);
      const frame = random.bytes(length);
      // Half of them get further: a broadcast address, a protocol that somebody may read.
      if (random.chance(1, 2) && length > 24) {
        frame.fill(255, 0, 6);
        frame.set(random.pick([[8, 0, 0x45], [8, 6, 0, 1], [0x86, 0xdd, 0x60], [0x81, 0, 0, 1, 8, 0]]), 12);
      }
      const answer: unknown = near.send(frame);
      if (typeof answer !== 'boolean') return [found(`send answers ${String(answer)} to a frame of ${length} bytes`)];
      if (i % 50 === 49) await breathe(net);
    }
    return [...await stillCarries(net), ...lengths(net, net.farCard), ...lengths(net, net.card)];
  }),
};

/** One more frame comes through. */
async function stillCarries(net: NetRig): Promise<Finding[]> {
  const last = numberedFrame(new Random(1), 0xfeedface, 100);
  const refused = await sendAll(net, net.near, net.card, [last]);
  if (net.far === undefined || refused.length > 0) return refused;
  const came = await soon(net, () => net.farCard.received.some(({ frame }) => numberOf(frame) === 0xfeedface));
  return came ? [] : [found('after frames that make no sense an ordinary one does not come through')];
}

function lengths({ near }: NetRig, card: TestCard): Finding[] {
  const wrong = card.received.find(({ frame, offload }) => frame.length < HEADER || (offload === undefined && frame.length > near.mtu + 18));
  return wrong ? [found(`a card got a frame of ${wrong.frame.length} bytes, with an MTU of ${near.mtu}`)] : [];
}

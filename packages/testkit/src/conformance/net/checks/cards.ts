import { NetOffload } from '@polyvisor/core';
import { Random } from '../../../random/random.ts';
import { found, type Check, type Finding } from '../../report.ts';
import type { NetSubject } from '../options.ts';
import { numberOf, numberedFrame } from '../packets.ts';
import { quiet, sendAll, soon, TestCard, withBothEnds, withNet } from '../rig.ts';

const ALL_OFFLOADS = Object.values(NetOffload).reduce((all, bit) => all | bit, 0);

export const limits: Check<NetSubject> = {
  name: 'limits',
  summary: 'the MTU is one that Ethernet and IP can have, and offloads has known bits only',
  run: (subject) => withNet(subject, ({ near }) => {
    const findings: Finding[] = [];
    if (!Number.isInteger(near.mtu) || near.mtu < 68 || near.mtu > 65535) findings.push(found(`the MTU is ${near.mtu}`));
    const offloads = near.offloads ?? 0;
    if (!Number.isInteger(offloads) || (offloads & ~ALL_OFFLOADS) !== 0) findings.push(found(`offloads is ${offloads}`));
    if ((offloads & ~NetOffload.CHECKSUM) !== 0 && (offloads & NetOffload.CHECKSUM) === 0) findings.push(found('it takes large frames, whose checksums are never complete, but no frames without checksums'));
    return Promise.resolve(findings);
  }),
};

export const oneCard: Check<NetSubject> = {
  name: 'one-card',
  summary: 'a second card is refused with an Error while one is attached, and taken after that was detached',
  run: (subject) => withNet(subject, async (net) => {
    const second = new TestCard();
    try {
      net.near.attach(second);
      return [found('a second card was attached beside the first')];
    } catch (error) {
      if (!(error instanceof Error)) return [found(`a second card is refused with ${String(error)}, which is no Error`)];
    }
    net.near.detach();
    net.near.attach(second);
    const { far } = net;
    if (far === undefined) return [];
    await sendAll(net, far, net.farCard, [numberedFrame(new Random(1), 1, 100)]);
    return await soon(net, () => second.received.some(({ frame }) => numberOf(frame) === 1)) ? [] : [found('the card that was attached second gets nothing')];
  }),
};

export const detached: Check<NetSubject> = {
  name: 'detached',
  summary: 'a card that is detached is not called any more',
  run: (subject) => withBothEnds(subject, async (net) => {
    const random = new Random(subject.seed);
    const some = Array.from({ length: 20 }, (_, i) => numberedFrame(random, i, 200));
    // Some wait for it.
    net.card.room = false;
    for (const frame of some) net.far.send(frame);
    await quiet(net);
    net.near.detach();
    const { refused } = net.card;
    net.card.room = true;
    net.card.drained = 0;
    net.near.receiveReady?.();
    for (const frame of some) net.far.send(frame);
    await quiet(net);
    const calls = net.card.received.length + net.card.drained + net.card.refused - refused;
    return calls === 0 ? [] : [found(`it was called ${calls} times`)];
  }),
};

export const refusingCard: Check<NetSubject> = {
  name: 'refusing-card',
  summary: 'what a card has no buffer for comes later or is dropped, never twice or out of order, and frames flow again once it has buffers',
  run: (subject) => withBothEnds(subject, async (net) => {
    const random = new Random(subject.seed);
    net.near.receiveReady?.();
    let number = 0;
    for (let round = 0; round < 10; round += 1) {
      net.card.room = round % 2 === 0;
      if (net.card.room) net.near.receiveReady?.();
      for (let i = 0; i < 20; i += 1) net.far.send(numberedFrame(random, number++, 60 + random.below(1000)));
      await quiet(net);
    }
    net.card.room = true;
    net.near.receiveReady?.();
    const last = number;
    const refused = await sendAll(net, net.far, net.farCard, [numberedFrame(random, last, 100)]);
    if (refused.length > 0) return refused;
    if (!await soon(net, () => net.card.received.some(({ frame }) => numberOf(frame) === last))) return [found('after the card had buffers again nothing came any more')];
    const numbers = net.card.received.map(({ frame }) => numberOf(frame)).filter((each) => each >= 0);
    const wrong = numbers.findIndex((each, i) => i > 0 && each <= numbers[i - 1]!);
    return wrong < 0 ? [] : [found(`frame ${numbers[wrong] ?? 0} came behind frame ${numbers[wrong - 1] ?? 0}`)];
  }),
};

/**
 * What the controller makes of the keyboard's scan codes while it translates: scan set 2 to set 1. From 80H on codes stay
 * what they are, but for two keys (IBM Personal System/2 Hardware Interface Technical Reference, keyboard scan codes).
 */
const TABLE =
  'ff43413f3d3b3c58644442403e0f2959' +
  '65382a701d10025a66712c1f1e11035b' +
  '672e2d201205045c68392f211413065d' +
  '693130232215075e6a7232241608095f' +
  '6b332517180b0a606c34352627190c61' +
  '6d7328741a0d626e3a361c1b752b6376' +
  '55567778797a0e7b7c4f7d4b477e7f6f' +
  '5253504c4d480145574e514a37494654';

const codes = Array.from({ length: 256 }, (_, i) => (i < 128 ? Number.parseInt(TABLE.slice(2 * i, 2 * i + 2), 16) : i));
codes[0x83] = 0x41;
codes[0x84] = 0x54;

/** By code of set 2. */
export const TRANSLATION: ArrayLike<number> = Uint8Array.from(codes);
/** Says that the key of the next code was released, in set 2; in set 1 bit 7 does. */
export const BREAK = 0xf0;
export const EXTENDED = 0xe0;

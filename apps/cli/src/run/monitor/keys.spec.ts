import { KeyboardToken, KEYS } from '@polyvisor/devices-platform';
import { Scope } from '@polyvisor/core';
import { expect, test } from 'vitest';
import { sendKeys } from './keys.ts';

function typing() {
  const sent: [number, boolean][] = [];
  const scope = Scope.root().provide(KeyboardToken, { key: (code, pressed) => sent.push([code, pressed]) > 0, leds: 0 });
  return { sent, send: (text: string) => sendKeys({ scope }, text) };
}

test('keys go down in order and up in the other', () => {
  const { sent, send } = typing();
  expect(send('ctrl-alt-delete')).toBe('');
  const [ctrl, alt, del] = [KEYS['ControlLeft'], KEYS['AltLeft'], KEYS['Delete']];
  expect(sent).toEqual([[ctrl, true], [alt, true], [del, true], [del, false], [alt, false], [ctrl, false]]);
});

test.each(['a', 'z', '0', '9', 'ret', 'esc', 'spc', 'f1', 'f12', 'pgdn', 'semicolon'])('the keyboard has %s', (name) => {
  const { sent, send } = typing();
  expect([send(name), sent.length, sent[0]?.[0]]).toEqual(['', 2, expect.any(Number)]);
});

test.each([['', /needs keys/], ['ctrl-nothing', /no key "nothing".*letters, digits and ret/], ['toString', /no key "toString"/]])('"%s" presses nothing and says why', (text, why) => {
  const { sent, send } = typing();
  expect(send(text)).toMatch(why);
  expect(sent).toEqual([]);
});

import { KEYS, KeyboardToken } from '@polyvisor/devices-platform';
import type { Scope } from '@polyvisor/core';

/** QEMU's names of keys that are not letters or digits, and those of the keyboard. */
const NAMES: Readonly<Record<string, string>> = {
  ret: 'Enter', esc: 'Escape', spc: 'Space', tab: 'Tab', backspace: 'Backspace', minus: 'Minus', equal: 'Equal', comma: 'Comma',
  dot: 'Period', slash: 'Slash', semicolon: 'Semicolon', shift: 'ShiftLeft', ctrl: 'ControlLeft', alt: 'AltLeft', up: 'ArrowUp',
  down: 'ArrowDown', left: 'ArrowLeft', right: 'ArrowRight', home: 'Home', end: 'End', pgup: 'PageUp', pgdn: 'PageDown',
  insert: 'Insert', delete: 'Delete', ...Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`f${i + 1}`, `F${i + 1}`])),
};

/** Presses keys together and lets them go: `sendkey ctrl-alt-delete`. */
export function sendKeys(machine: { readonly scope: Scope }, text: string): string {
  const keyboard = machine.scope.find(KeyboardToken);
  if (!keyboard) return 'the machine has no keyboard';
  const codes: number[] = [];
  for (const name of text === '' ? [] : text.split('-')) {
    const code = codeOf(name);
    if (code === undefined) return `there is no key "${name}"; there are letters, digits and ${Object.keys(NAMES).join(' ')}`;
    codes.push(code);
  }
  for (const code of codes) keyboard.key(code, true);
  for (const code of codes.reverse()) keyboard.key(code, false);
  return codes.length === 0 ? 'sendkey needs keys, such as ctrl-alt-delete' : '';
}

function codeOf(name: string): number | undefined {
  const key = /^[a-z]$/.test(name) ? `Key${name.toUpperCase()}` : /^\d$/.test(name) ? `Digit${name}` : Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  return key === undefined ? undefined : (KEYS)[key];
}

import { expect, test } from 'vitest';
import { ConsoleKeys } from './console-keys.ts';

function setUp() {
  const guest: number[] = [];
  const commands: string[] = [];
  const keys = new ConsoleKeys((byte) => guest.push(byte), (command) => commands.push(command));
  return { guest, commands, type: (...texts: string[]) => { for (const text of texts) keys.type(new TextEncoder().encode(text)); } };
}

test('what is typed is the guest\'s, Ctrl-C included', () => {
  const { guest, commands, type } = setUp();
  type('ls\r\x03');
  expect([String.fromCharCode(...guest), commands]).toEqual(['ls\r\x03', []]);
});

test('Ctrl-A begins a command, also when it arrives by itself', () => {
  const { guest, commands, type } = setUp();
  type('a\x01', 'cb\x01x');
  expect([String.fromCharCode(...guest), commands]).toEqual(['ab', ['monitor', 'quit']]);
});

test('Ctrl-A twice is Ctrl-A for the guest, and a key that is no command goes to it', () => {
  const { guest, commands, type } = setUp();
  type('\x01\x01\x01z');
  expect([guest, commands]).toEqual([[1, 0x7a], []]);
});

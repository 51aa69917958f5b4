/** The console of the page in a browser: a worker with the machine, a terminal that is typed into and read. */
import { afterEach, expect, test } from 'vitest';
import { createApp, tinyBoot, type App } from './app.ts';

const TIMEOUT = 60_000;
let app: App | undefined;

afterEach(() => {
  app?.stop();
});

function setUp(): { readonly app: App; readonly states: string[]; shown(): string; until(found: () => boolean): Promise<void> } {
  const place = document.createElement('div');
  document.body.append(place);
  const states: string[] = [];
  const own = createApp(place, (text) => states.push(text));
  app = own;
  const shown = (): string => {
    const { active } = own.terminal.buffer;
    return Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '').join('\n').trimEnd();
  };
  return {
    app: own, states, shown,
    async until(found) {
      while (!found()) {
        if (/^Stopped/.test(states.at(-1) ?? '')) throw new Error(states.at(-1));
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
}

test('boots the tiny guest, which answers in the terminal and switches off', async () => {
  const { app: own, states, shown, until } = setUp();
  own.boot(tinyBoot(16));
  await until(() => shown().endsWith('tiny>'));
  own.terminal.input('cpuid\r');
  await until(() => /GenuineIntel\nPolyvisor max\ntiny>$/.test(shown()));
  own.terminal.input('poweroff\r');
  await until(() => states.at(-1) === 'Off');
  expect(states).toEqual(['Loading the tiny guest', 'Running', 'Off']);
}, TIMEOUT);

test('a second boot begins with an empty terminal', async () => {
  const { app: own, shown, until } = setUp();
  own.boot(tinyBoot(16));
  await until(() => shown().endsWith('tiny>'));
  own.type('peek 0\r');
  await until(() => /00000000 .*\ntiny>$/.test(shown()));
  own.boot(tinyBoot(32));
  await until(() => shown().endsWith('tiny>') && !shown().includes('peek'));
  expect(shown()).toMatch(/^\nThis is the tiny guest/);
}, TIMEOUT);

test('a file that is no kernel is refused with its name', async () => {
  const { app: own, states } = setUp();
  own.boot({ kernel: { name: 'letter.txt', bytes: new TextEncoder().encode('Dear reader, this is no kernel.') }, commandLine: '', memory: 16 });
  while (!/^Stopped/.test(states.at(-1) ?? '')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(states.at(-1)).toMatch(/^Stopped: firmware\/.*letter\.txt/);
}, TIMEOUT);

/** The page as `npm run web` serves it, in Chromium: Debian's kernel by URL, and by files that are picked. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve } from '../scripts/server.ts';
import type { App } from './app.ts';

const polyvisor = fileURLToPath(new URL('../../cli/bin/polyvisor.js', import.meta.url));
const TIMEOUT = 600_000;
const PROMPT = /root@polyvisor:\S*# *$/;

const places = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((path) => path !== '' && existsSync(path));
const [kernel, initrd] = executablePath === undefined ? [] : spawnSync(process.execPath, [polyvisor, 'start', '--files'], { encoding: 'utf8' }).stdout.trim().split('\n');

/** What is on the screen and above it. Runs in the page. */
function shown(): string {
  const { terminal } = (globalThis as unknown as { readonly polyvisor: App }).polyvisor;
  const { active } = terminal.buffer;
  return Array.from({ length: active.length }, (_, i) => active.getLine(i)?.translateToString(true) ?? '').join('\n').trimEnd();
}

async function until(page: Page, pattern: RegExp): Promise<string> {
  for (;;) {
    const text = await page.evaluate(shown);
    if (pattern.test(text)) return text;
    const status = (await page.textContent('#status')) ?? '';
    if (status.startsWith('Stopped')) throw new Error(`${status}\n${text}`);
    await page.waitForTimeout(200);
  }
}

describe.skipIf(executablePath === undefined)('the page', () => {
  let server: Awaited<ReturnType<typeof serve>>;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await serve(0, { '/guest/kernel': kernel ?? '', '/guest/initrd': initrd ?? '' });
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    page = await browser.newPage();
    await page.goto(server.resolvedUrls!.local[0]!);
  }, TIMEOUT);

  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('is isolated, and boots the tiny guest by itself', async () => {
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await until(page, /tiny>$/);
    await page.keyboard.type('cpuid\n');
    expect(await until(page, /Polyvisor max\ntiny>$/)).toMatch(/tiny> cpuid\nGenuineIntel\n/);
  }, TIMEOUT);

  test('says what is missing', async () => {
    await page.click('#boot button');
    expect(await page.textContent('#status')).toBe('Pick a kernel, or give its URL.');
    await page.fill('#kernel-url', '/no/such/kernel.bin');
    await page.click('#boot button');
    await page.waitForFunction(() => document.getElementById('status')?.textContent === '/no/such/kernel.bin cannot be fetched: 404 Not Found');
  }, TIMEOUT);

  test.skipIf(initrd === undefined)('boots Debian\'s cloud kernel to a shell (skipped where its packages cannot be had)', async () => {
    await page.fill('#kernel-url', '/guest/kernel');
    await page.setInputFiles('#initrd-file', initrd!);
    await page.click('#boot button');
    await until(page, PROMPT);
    await page.click('#console');
    await page.keyboard.type('uname -sm; echo $((6 * 7))\n');
    expect(await until(page, /\n42\nroot@polyvisor:\S*#$/)).toMatch(/\nLinux x86_64\n42\n/);
    await page.keyboard.type('poweroff -f\n');
    await page.waitForFunction(() => document.getElementById('status')?.textContent === 'Off', undefined, { timeout: TIMEOUT });
  }, TIMEOUT);
});

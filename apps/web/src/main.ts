/** The page: its form says what to boot. */
import '@xterm/xterm/css/xterm.css';
import { createApp, tinyBoot } from './app.ts';
import type { Boot } from './messages.ts';

const element = (id: string): HTMLElement => document.getElementById(id)!;
const input = (id: string): HTMLInputElement => element(id) as HTMLInputElement;
const value = (id: string): string => input(id).value.trim();
const status = (text: string): void => { element('status').textContent = text; };
const memory = (): number => Number(value('memory'));

type Image = Boot['kernel'];

/** What the user picked, or else the URL that stands beside it. */
async function image(name: 'kernel' | 'initrd'): Promise<Image | undefined> {
  const file = input(`${name}-file`).files?.[0];
  if (file) return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  const url = value(`${name}-url`);
  if (url === '') return undefined;
  status(`Fetching ${url}`);
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be fetched: ${response.status} ${response.statusText}`);
  return { name: url, bytes: new Uint8Array(await response.arrayBuffer()) };
}

async function chosen(): Promise<Boot> {
  const kernel = await image('kernel');
  if (!kernel) throw new Error('Pick a kernel, or give its URL.');
  return { kernel, initrd: await image('initrd'), commandLine: value('append'), memory: memory() };
}

const app = createApp(element('console'), status);
element('tiny').onclick = () => { app.boot(tinyBoot(memory())); };
element('stop').onclick = () => {
  app.stop();
  status('Stopped');
};
element('boot').onsubmit = (event) => {
  event.preventDefault();
  chosen().then((boot) => { app.boot(boot); }, (error: unknown) => { status(error instanceof Error ? error.message : String(error)); });
};

if (!crossOriginIsolated) status('This page is not cross-origin isolated, so it has no shared memory. Serve it with COOP and COEP: npm run web.');
else app.boot(tinyBoot(memory()));

/** For tests and the curious: `polyvisor.terminal` has what is on the screen. */
Object.assign(globalThis, { polyvisor: app });

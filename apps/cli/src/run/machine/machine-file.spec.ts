/** Machine files, by the command: what a third party plugs in with them, and how mistakes in them are answered. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { tinyGuest } from '@polyvisor/guest-tiny';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseRun } from '../options/parse.ts';
import { describeMachine } from './describe.ts';
import { changed, readMachineFile } from './machine-file.ts';
import { allPlugins } from './plugins.ts';
import { slotsOf } from './slots.ts';

const polyvisor = fileURLToPath(new URL('../../../bin/polyvisor.js', import.meta.url));
const example = fileURLToPath(new URL('../../../../../examples/first-pci-device/', import.meta.url));
const checksum = join(example, 'src/checksum.ts');
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-machine-file-'));

/** A device of nothing, which a module may export twice. */
const device = (kind: string): string => `
const device = {
  kind: '${kind}', api: 1, summary: 'Nothing.', state: { kind: 'stateless' },
  config: { safeParse: (data) => ({ success: true, data }) }, resources: () => ({}), create: () => ({ reset() {} }),
};
export { device, device as default };
`;
const manifest = (name: string, condition: string): string =>
  JSON.stringify({ name, type: 'module', exports: { '.': { types: './index.d.ts', [condition]: './index.js' } } });

const FILES: Readonly<Record<string, string | Uint8Array>> = {
  kernel: tinyGuest(),
  'plain.mjs': device('acme/plain'),
  'none.mjs': 'export const speed = 1, size = 2;\n',
  'syntax.mjs': 'export const = 1;\n',
  'dependency.mjs': 'import \'@acme/left-out\';\n',
  'node_modules/@acme/packed/package.json': manifest('@acme/packed', 'default'),
  'node_modules/@acme/packed/index.js': device('acme/packed'),
  'node_modules/@acme/imported/package.json': manifest('@acme/imported', 'import'),
  'node_modules/@acme/imported/index.js': device('acme/imported'),
};

beforeAll(() => {
  for (const [name, content] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Makes the machine, and ends it by the monitor. */
function run(file: unknown, ...args: string[]): { readonly status: number | null; readonly stderr: string } {
  writeFileSync(join(folder, 'machine.json'), typeof file === 'string' ? file : JSON.stringify(file));
  const all = ['-kernel', 'kernel', '-serial', 'mon:stdio', '--machine-file', 'machine.json', ...args];
  return spawnSync(process.execPath, [polyvisor, 'run', ...all], { encoding: 'utf8', cwd: folder, input: '\x01cquit\n' });
}

const pci = (config: object, kind = 'acme/checksum'): object => ({ kind, config });

describe('a machine file', () => {
  test('plugs in devices of modules beside it and of installed packages', () => {
    const plugins = ['plain.mjs', './plain.mjs', '@acme/packed', '@acme/imported'];
    const devices = { a: { kind: 'acme/plain' }, b: { kind: 'acme/packed' }, c: { kind: 'acme/imported' } };
    expect(run({ plugins, devices })).toMatchObject({ status: 0, stderr: '' });
  });

  test('lets -device find the plugins that it names', () => {
    expect(run({ plugins: [checksum] }, '-device', 'acme/checksum,latency=5')).toMatchObject({ status: 0, stderr: '' });
  });

  test('takes devices of the board away, and puts others in their places', () => {
    expect(run({ devices: { hpet: null, pit: { kind: 'platform/pit' } } })).toMatchObject({ status: 0, stderr: '' });
  });

  test('keeps its PCI slots from the devices of the command line, and gets free ones for those that say none', async () => {
    const path = join(folder, 'slots.json');
    writeFileSync(path, JSON.stringify({ plugins: [checksum], devices: { first: pci({ slot: 3 }), second: pci({}), third: pci({ latency: 1 }) } }));
    const file = await readMachineFile(path);
    const plugins = allPlugins(file.plugins).devices ?? [];
    const options = parseRun(['-kernel', 'kernel', '-device', 'virtio-rng-pci', '-device', 'virtio-balloon-pci,addr=6']);
    const { devices } = changed(describeMachine(options, plugins, slotsOf(file.changes.devices ?? {})), file, plugins);
    const slots = Object.entries(devices ?? {}).flatMap(([name, { config }]) => (config?.['slot'] === undefined ? [] : [[name, config['slot']]]));
    expect(Object.fromEntries(slots)).toEqual({ first: 3, device0: 4, device1: 6, second: 5, third: 7 });
  });
});

const plugged = (devices: object): object => ({ plugins: [checksum], devices });

test.each([
  ['text that is no JSON', '{ "plugins": [,] }', 2, /^polyvisor: cli\/bad-machine-file: .*Unexpected token.*\(machine.json\)/s],
  ['a list', [], 2, /^polyvisor: cli\/bad-machine-file: .*it is no object \(machine.json\)/],
  ['one plugin without a list', { plugins: checksum }, 2, /^polyvisor: cli\/bad-machine-file: .*"plugins" is no list of modules/],
  ['a list of devices', { devices: [pci({})] }, 2, /^polyvisor: cli\/bad-machine-file: .*"devices" is no object/],
  ['a module that is not there', { plugins: ['plain.mjs', './src/left-out.ts'] }, 2,
    /^polyvisor: cli\/machine-file-module: the module ".\/src\/left-out.ts" is no file: \/.*\/src\/left-out.ts \(.* at machine.json: plugins.1\)\. Give a path/],
  ['a package that is not there', { plugins: ['@acme/left-out'] }, 2,
    /^polyvisor: cli\/machine-file-module: the module "@acme\/left-out" is no file \(.*\), and as a package .*Cannot find module '@acme\/left-out' \(/],
  ['a module without a device', { plugins: ['./none.mjs'] }, 2, /module ".\/none.mjs" exports no device, but: size, speed \(.* at machine.json: plugins.0\)\. .*defineDevice/],
  ['a module that cannot be parsed', { plugins: ['./syntax.mjs'] }, 2, /module ".\/syntax.mjs" cannot be loaded: Unexpected token '=' \(.* at machine.json: plugins.0\)/],
  ['a module without its dependency', { plugins: ['./dependency.mjs'] }, 2, /".\/dependency.mjs" cannot be loaded: Cannot find package '@acme\/left-out' imported from .*dependency.mjs/],
  ['a misspelt part of the machine', { memroy: 1 }, 125, /^polyvisor: machine\/unknown-key: .*\(memroy at machine.json: memroy\)/],
  ['a device that is a text', { devices: { sum: 'acme/checksum' } }, 125, /^polyvisor: machine\/invalid-value: .* at machine.json: devices.sum\)/],
  ['a misspelt setting', plugged({ sum: pci({ latancy: 1 }) }), 125,
    /^polyvisor: machine\/unknown-key: acme\/checksum has no setting "latancy" \(latancy at machine.json: devices.sum.config.latancy\)\. Remove it, or correct its spelling/],
  ['a setting that cannot be', plugged({ sum: pci({ slot: 32 }) }), 125, /^polyvisor: machine\/invalid-value: .*<=31 \(acme\/checksum at machine.json: devices.sum.config.slot\)/],
  ['an unknown kind of device', plugged({ sum: pci({}, 'acme/chekcsum') }), 125,
    /^polyvisor: machine\/unknown-plugin: .*"acme\/chekcsum".*known: acme\/checksum, .* at machine.json: devices.sum.kind\)\. Correct the kind, or name the module/],
  ['two devices in one slot', plugged({ one: pci({ slot: 4 }), two: pci({ slot: 4 }) }), 125,
    /^polyvisor: pci\/slot-taken: "one" is at 0:4.0 already \(0:4.0 at machine.json: devices.two\)\. Give it another "slot", or none/],
  ['a device in a slot of the board', plugged({ one: pci({ slot: 1 }) }), 125, /^polyvisor: pci\/slot-taken: "pci" is at 0:1.0 already \(0:1.0 at machine.json: devices.one\)/],
])('%s is answered with the place and the remedy', (_what, file, status, message) => {
  const found = run(file);
  expect(found.stderr).toMatch(message);
  expect(found.stderr).not.toContain('    at ');
  expect(found.status).toBe(status);
});

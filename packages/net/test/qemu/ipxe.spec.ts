import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as pathOf } from 'node:path';
import { join, userNetwork } from '@polyvisor/net';
import { nodeSockets, streamBackend } from '@polyvisor/net/node';
import { describe, expect, test } from 'vitest';

const qemu = 'qemu-system-x86_64';
const help = spawnSync(qemu, ['-netdev', 'help'], { encoding: 'utf8' });
const why = help.error !== undefined ? `${qemu} is not installed` : help.stdout.includes('stream') ? undefined : 'this QEMU has no -netdev stream';
if (why !== undefined) console.warn(`QEMU is not attached: ${why}.`);

describe.skipIf(why !== undefined)('with QEMU at the other end of a stream', () => {
  test('its boot firmware gets its addresses by DHCP and by router advertisement', async () => {
    const folder = mkdtempSync(pathOf(tmpdir(), 'polyvisor-qemu-'));
    const path = pathOf(folder, 'net');
    const network = userNetwork({ sockets: nodeSockets() });
    const stream = await streamBackend({ listen: { path } });
    const unplug = join(stream, network);
    const machine = spawn(qemu, [
      '-nographic', '-m', '64', '-monitor', 'none', '-serial', 'stdio', '-boot', 'n',
      '-netdev', `stream,id=n,server=off,addr.type=unix,addr.path=${path}`, '-device', 'e1000,netdev=n',
    ]);
    try {
      let output = '';
      const configured = new Promise<void>((resolve) => {
        machine.on('close', () => resolve());
        machine.stdout.on('data', (text) => {
          output += String(text);
          if (output.includes('Nothing to boot')) resolve();
        });
      });
      await configured;
      expect(output).toContain('net0: 10.0.2.15/255.255.255.0 gw 10.0.2.2');
      expect(output).toContain('net0: fec0::5054:ff:fe12:3456/64 gw fe80::2');
    } finally {
      machine.kill('SIGKILL');
      unplug();
      stream.close();
      network.close();
      rmSync(folder, { recursive: true });
    }
  });
});

/** A Linux guest's network; the script beside it does more of everything. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { compile } from '../test/compile.ts';
import { Guest } from './lib/guest.ts';
import { sha256 } from './lib/host.ts';
import { CONSOLE, PROMPT, linux } from './lib/linux.ts';
import { lossyNetwork } from './lib/lossy.ts';
import { LEASE, echoes, freePort, networkInitrd, noise, portOf, serve } from './lib/network.ts';
import { tapObstacle } from './lib/tap.ts';

const folder = mkdtempSync(join(tmpdir(), 'polyvisor-network-'));
const TIMEOUT = 600_000;
const content = noise(5_000_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('a Linux guest with a network card', () => {
  const system = linux('cloud-amd64');
  const echo = compile('echo', fileURLToPath(new URL('lib/echo.c', import.meta.url)), 'amd64', []);
  if ('reason' in system || 'reason' in echo) {
    test.skip('reason' in system ? system.reason : 'reason' in echo ? echo.reason : '', () => undefined);
    return;
  }
  const initrd = networkInitrd(join(folder, 'initrd'), system, echo.path);
  const boot = async (netdev: string, within: readonly string[] = []): Promise<Guest> => {
    const card = ['-netdev', netdev, '-device', 'virtio-net-pci,netdev=n0'];
    const guest = Guest.polyvisor(['-kernel', system.kernel, '-initrd', initrd, '-append', CONSOLE, '-m', '128', ...card], within);
    await guest.until(PROMPT);
    return guest;
  };

  test('gets an address, fetches a file whole, and answers 300 connections at once', async () => {
    const [server, port] = [await serve(content), await freePort()];
    const guest = await boot(`user,id=n0,hostfwd=tcp:127.0.0.1:${port}-:7`);
    try {
      expect(await guest.must(LEASE)).toBe('10.0.2.15 of 10.0.2.2');
      expect(await guest.must(`wget -q -O - http://10.0.2.2:${portOf(server)}/ | sha256sum`)).toBe(`${sha256(content)}  -`);
      await guest.must('echo-server tcp 7 >/tmp/log & until grep -q listening /tmp/log; do sleep 0.1; done');
      expect(await echoes(port, 300, 5000)).toBe(300);
      expect(await guest.must('until grep most /tmp/log; do sleep 0.1; done')).toBe('at most 300 connections at once');
    } finally {
      await guest.kill();
      server.close();
    }
  }, TIMEOUT);

  test('fetches a file whole over a link that loses one frame in a hundred', async () => {
    const path = join(folder, 'lossy.sock');
    const [server, network] = [await serve(content), await lossyNetwork(path, 0.01)];
    const guest = await boot(`stream,id=n0,addr.type=unix,addr.path=${path}`);
    try {
      await guest.must(`until ${LEASE} | grep 10.0.2.15; do sleep 1; done`);
      expect(await guest.must(`wget -q -O - http://10.0.2.2:${portOf(server)}/ | sha256sum`)).toBe(`${sha256(content)}  -`);
      expect(network.lost()).toBeGreaterThan(10);
    } finally {
      await guest.kill();
      network.close();
      server.close();
    }
  }, TIMEOUT);

  const namespace = ['unshare', '--net'];
  const noTap = tapObstacle(namespace);
  test.skipIf(noTap !== undefined)(`reaches the host's kernel through a TAP device${noTap === undefined ? '' : ` (${noTap})`}`, async () => {
    const script = join(folder, 'ifup');
    writeFileSync(script, '#!/bin/sh\nip addr add 10.9.0.1/24 dev $1 && ip link set $1 up && ip link show $1 >$0.log\n', { mode: 0o755 });
    const guest = await boot(`tap,id=n0,ifname=guest0,script=${script},downscript=no`, namespace);
    try {
      await guest.must('ifconfig eth0 10.9.0.2 netmask 255.255.255.0');
      expect(await guest.must('ping -c 3 -i 0.2 10.9.0.1')).toContain(' 0% packet loss');
      expect(readFileSync(`${script}.log`, 'utf8')).toContain('guest0');
    } finally {
      await guest.kill();
    }
  }, TIMEOUT);
});

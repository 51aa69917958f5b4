/**
 * A guest's network: an address by DHCP, 100 MB with the right checksum, pages of the guest's web server, 1,000 connections at
 * once, a link that loses frames, and two machines on one cable.
 * `npx node --conditions=@polyvisor/source apps/cli/acceptance/network.ts [user] [lossy] [cable]`
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Guest } from './lib/guest.ts';
import { missing, run, sha256 } from './lib/host.ts';
import { CONSOLE, PROMPT, linux, type Linux } from './lib/linux.ts';
import { lossyNetwork } from './lib/lossy.ts';
import { LEASE, echoProgram, echoes, freePort, networkInitrd, noise, portOf, serve } from './lib/network.ts';
import { needed, show, took } from './lib/show.ts';

const system: Linux = needed(linux('cloud-amd64'));
const folder = mkdtempSync(join(tmpdir(), 'polyvisor-network-'));
const common = ['-kernel', system.kernel, '-initrd', networkInitrd(join(folder, 'initrd'), system, echoProgram()), '-append', CONSOLE, '-no-reboot'];
const big = noise(100_000_000);
const sum = sha256(big);
const server = await serve(big);
/** Parts to show; all when none is named. */
const chosen = process.argv.slice(2);
let wrong = 0;
const judge = (what: string, right: boolean, figures: string): void => {
  show(what, `${right ? 'right' : 'WRONG'}, ${figures}`);
  if (!right) wrong++;
};

async function booted(memory: string, ...devices: readonly string[]): Promise<Guest> {
  const guest = Guest.polyvisor([...common, '-m', memory, ...devices]);
  await guest.until(PROMPT);
  return guest;
}

async function fetchBig(guest: Guest, from: string, what: string): Promise<void> {
  const time = took();
  const answer = await guest.must(`wget -q -O - http://${from}/ | sha256sum`, 900);
  judge(what, answer.startsWith(sum), `${time()} with the checksum's computing`);
}

async function user(): Promise<void> {
  show('== -netdev user');
  const [web, echo] = [await freePort(), await freePort()];
  const netdev = `user,id=n0,hostfwd=tcp:127.0.0.1:${web}-:80,hostfwd=tcp:127.0.0.1:${echo}-:7`;
  const guest = await booted('256', '-netdev', netdev, '-device', 'virtio-net-pci,netdev=n0');
  show('DHCP', await guest.must(LEASE));
  await fetchBig(guest, `10.0.2.2:${portOf(server)}`, '100 MB by wget');
  await guest.must('head -c 3000000 /dev/urandom >/tmp/page; httpd -p 80 -h /tmp');
  const time = took();
  const page = new Uint8Array(await (await fetch(`http://127.0.0.1:${web}/page`)).arrayBuffer());
  judge('3 MB of the guest\'s web server', (await guest.must('sha256sum </tmp/page')).startsWith(sha256(page)), time());
  if (missing('ab') === undefined) {
    await guest.must('echo hello >/tmp/small');
    const { output } = run('ab', ['-q', '-c', '200', '-n', '2000', '-s', '120', `http://127.0.0.1:${web}/small`]);
    const lines = output.split('\n').filter((line) => /^(Complete|Failed|Requests|Non-2xx)/.test(line)).map((line) => line.replace(/\s+/g, ' '));
    judge('ab -c 200 -n 2000', /Complete requests: +2000/.test(output) && /Failed requests: +0/.test(output), lines.join('; '));
  }
  await guest.must('echo-server tcp 7 >/tmp/log & sleep 1');
  const parallel = took();
  const right = await echoes(echo, 1000, 10_000);
  judge('1,000 connections at once, 10 kB there and back on each', right === 1000, `${right} in ${parallel()}; in the guest: ${await guest.must('sleep 1; tail -n 1 /tmp/log')}`);
  guest.type('poweroff -f\n');
  await guest.end();
}

async function lossy(): Promise<void> {
  show('== 1 % of the frames lost in each direction');
  const path = join(folder, 'lossy.sock');
  const network = await lossyNetwork(path, 0.01);
  const guest = await booted('192', '-netdev', `stream,id=n0,addr.type=unix,addr.path=${path}`, '-device', 'virtio-net-pci,netdev=n0');
  show('DHCP', await guest.must(LEASE));
  await fetchBig(guest, `10.0.2.2:${portOf(server)}`, '100 MB by wget');
  show('frames', network.statistics());
  await guest.kill();
  network.close();
}

async function cable(): Promise<void> {
  show('== two machines on one cable');
  const path = join(folder, 'cable.sock');
  const one = (end: string, mac: string): Promise<Guest> =>
    booted('192', '-netdev', `stream,id=n0,addr.type=unix,addr.path=${path}${end}`, '-device', `virtio-net-pci,netdev=n0,mac=52:54:00:00:00:0${mac}`);
  const first = await one(',server=on', '1');
  await first.must('ifconfig eth0 10.9.0.1 netmask 255.255.255.0');
  const second = await one('', '2');
  await second.must('ifconfig eth0 10.9.0.2 netmask 255.255.255.0');
  await Promise.all([first, second].map((guest) => guest.must('head -c 5000000 /dev/urandom >/tmp/page; httpd -p 80 -h /tmp')));
  for (const [from, to, address] of [[first, second, '10.9.0.2'], [second, first, '10.9.0.1']] as const) {
    const { status, text } = await from.sh(`ping -c 5 -i 0.2 ${address} | tail -n 2`);
    judge(`ping ${address}`, status === 0 && / 0% packet loss/.test(text), text.replace('\n', '; '));
    const time = took();
    const got = await from.must(`wget -q -O - http://${address}/page | sha256sum`);
    judge(`5 MB from ${address}`, got === await to.must('sha256sum </tmp/page'), time());
  }
  await Promise.all([first.kill(), second.kill()]);
}

try {
  for (const [name, part] of Object.entries({ user, lossy, cable })) if (chosen.length === 0 || chosen.includes(name)) await part();
} finally {
  server.close();
  server.closeAllConnections();
  rmSync(folder, { recursive: true });
}
process.exitCode = wrong === 0 ? 0 : 1;

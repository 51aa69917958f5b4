import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, writeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { NetBackend, NetCard, PolyvisorError } from '@polyvisor/core';
import { netErrors, refuse } from '../errors.ts';
import { fitsWire } from '../wire/packet.ts';
import { FrameIntake } from './frame-intake.ts';

export interface TapOptions {
  /** Name of the interface, up to 15 characters; the host chooses one when it is left out. It is made when it is not there. */
  readonly ifname?: string;
  /** A file of this process that is attached to an interface already, with IFF_TAP and IFF_NO_PI, in place of a name. */
  readonly fd?: number;
  /** Largest payload in bytes: the interface's MTU. 1500 when left out. */
  readonly mtu?: number;
}

export interface TapBackend extends NetBackend {
  /** The interface's name. */
  readonly ifname: string;
  /** Whether there is an interface still. */
  readonly linkUp: boolean;
  /** Frames that the interface did not take, because it was down or had no room. */
  readonly lost: number;
  receiveReady(): void;
  close(): void;
}

/** EBADFD of Linux: the interface is gone, which the reader is about to tell. */
const EBADFD = 77;
/** Errors of a write with which an interface loses a frame, as any does. */
const LOSES = new Set([constants.errno.EIO, constants.errno.EAGAIN, constants.errno.ENOBUFS, constants.errno.ENOMEM, EBADFD]);

class Tap implements TapBackend {
  readonly mtu: number;
  ifname = '';
  linkUp = true;
  lost = 0;
  onLink: ((up: boolean) => void) | undefined = undefined;
  readonly intake: FrameIntake;
  readonly #fd: number;
  readonly #relay: ChildProcess;

  constructor(fd: number, relay: ChildProcess, mtu: number) {
    this.#fd = fd;
    this.#relay = relay;
    this.mtu = mtu;
    this.intake = new FrameIntake(mtu);
  }

  send(frame: Uint8Array): boolean {
    if (!this.linkUp || !fitsWire(frame.length, this.mtu)) return true;
    try {
      writeSync(this.#fd, frame);
    } catch (error) {
      const { errno = 0, message } = error as NodeJS.ErrnoException;
      if (!LOSES.has(Math.abs(errno))) throw refuse(netErrors['no-tap']('', { ifname: this.ifname, why: message }, error));
      this.lost += 1;
    }
    return true;
  }
  attach(card: NetCard): void {
    if (this.intake.card !== undefined) throw refuse(netErrors['already-attached']('', { network: this.ifname }));
    this.intake.card = card;
  }
  detach(): void {
    this.intake.detach();
  }
  receiveReady(): void {
    this.intake.receiveReady();
  }
  /** Somebody took the interface away, or nobody reads it any more. */
  unplug(): void {
    if (!this.linkUp) return;
    this.linkUp = false;
    closeSync(this.#fd);
    this.onLink?.(false);
  }
  close(): void {
    this.onLink = undefined;
    this.unplug();
    this.intake.close();
    this.#relay.kill('SIGKILL');
  }
}

const RELAY = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'tap-relay.ts' : 'tap-relay.js', import.meta.url));

/**
 * An interface of the host's kernel (Linux, `/dev/net/tun`): what the guest sends, the host receives on it, and the other way
 * round. Addresses, routes and bridges are the administrator's. Needs the right to use the interface, and Node 26.
 */
export function tapBackend(options: TapOptions = {}): Promise<TapBackend> {
  const { ifname = '', mtu = 1500 } = options;
  if (!/^[^/\s]{0,15}$/.test(ifname)) {
    throw refuse(netErrors['bad-option']('', { option: 'ifname', value: `"${ifname}"`, expected: 'the name of an interface has up to 15 characters, no "/" and no space' }));
  }
  const failed = (why: string, cause?: unknown): PolyvisorError => refuse(netErrors['no-tap']('', { ifname: ifname || 'TAP', why }, cause));
  let fd: number;
  try {
    fd = options.fd ?? openSync('/dev/net/tun', 'r+');
  } catch (cause) {
    throw failed(cause instanceof Error ? cause.message : String(cause), cause);
  }
  const wanted = options.fd === undefined ? ['new', ifname] : ['attached'];
  const relay = spawn(process.execPath, ['--experimental-ffi', '--disable-warning=ExperimentalWarning', RELAY, ...wanted], { stdio: ['ignore', 'pipe', 'pipe', fd] });
  const [stdout, stderr] = relay.stdio.slice(1, 3) as [Readable, Readable];
  const tap = new Tap(fd, relay, mtu);
  return new Promise((resolve, reject) => {
    let words = '';
    stderr.on('data', (text: Uint8Array) => { words = (words + new TextDecoder().decode(text)).slice(0, 1000); });
    // Its first record is the interface's name, then come frames.
    tap.intake.card = { receive: named, onDrained: () => undefined };
    function named(name: Uint8Array): boolean {
      tap.ifname = new TextDecoder().decode(name).replace(/\0.*$/s, '');
      tap.intake.detach();
      resolve(tap);
      return true;
    }
    tap.intake.use(stdout);
    stdout.on('data', (chunk: Uint8Array) => tap.intake.read(chunk));
    relay.on('error', (cause) => {
      tap.unplug();
      reject(failed(cause.message, cause));
    });
    relay.on('close', () => {
      const named = tap.ifname !== '';
      tap.unplug();
      if (!named) reject(failed(reasonOf(words)));
    });
  });
}

function reasonOf(words: string): string {
  if (words.includes('bad option')) return `Node ${process.version} has no "node:ffi"`;
  switch (words) {
    case 'EPERM': return 'this user may not use it (EPERM)';
    case 'EBUSY': return 'another program has it (EBUSY)';
    case 'EINVAL': return 'an interface of another kind has that name (EINVAL)';
    case 'EBADFD':
    case 'ENOTTY': return `the file is not attached to a TAP device (${words})`;
    default: return /^\w*Error.*$/m.exec(words)?.[0] ?? words.trim();
  }
}

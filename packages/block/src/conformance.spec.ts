/** Every kind of disk, by the suite that other makers of disks run. */
import type { BlockBackend } from '@polyvisor/core';
import type { OpenedDisk } from '@polyvisor/testkit';
import { describeBlockBackend } from '@polyvisor/testkit/vitest';
import { createImage, HttpStore, MemoryStore, nonPersistent, openImage, RawDisk, resumeUndoable, undoable, type ByteStore, type CreateOptions, type RangeFetch } from './index.ts';
import { FileStore } from './node/index.ts';
import { scratch } from './testing/qemu-tools.ts';
import { Random } from './testing/random.ts';

const SIZE = 2 ** 20;
const path = scratch();
let files = 0;

/** A store whose bytes outlive the disk that closes it. */
const lasting = (store: ByteStore): ByteStore => new Proxy(store, {
  get: (target, key) => (key === 'close' ? () => Promise.resolve() : typeof target[key as keyof ByteStore] === 'function' ? (target[key as 'flush']).bind(target) : target[key as keyof ByteStore]),
});

async function image(create: CreateOptions): Promise<OpenedDisk> {
  const store = lasting(new MemoryStore());
  await createImage(store, create);
  return { disk: await openImage(store, { format: create.format }), reopen: () => openImage(store, { format: create.format }) };
}

async function file(format: 'raw' | 'qcow2'): Promise<OpenedDisk> {
  const name = path(`disk${files++}`);
  const store = await FileStore.open(name, { create: true });
  await createImage(store, { format, size: SIZE });
  return { disk: await openImage(store, { format }), reopen: async () => openImage(await FileStore.open(name), { format }) };
}

const noise = (bytes = SIZE): Uint8Array => new Random(7).bytes(bytes);
const noisy = (): RawDisk => new RawDisk(new MemoryStore({ bytes: noise() }), { readOnly: true });

async function withBacking(): Promise<OpenedDisk> {
  const store = lasting(new MemoryStore());
  // The image in front is larger than the one behind it.
  await createImage(store, { format: 'qcow2', size: SIZE + 70 * 512, backing: { name: 'base', format: 'raw' } });
  const openBacking = (): Promise<ByteStore> => Promise.resolve(new MemoryStore({ name: 'base', bytes: noise() }));
  const open = (): Promise<BlockBackend> => openImage(store, { format: 'qcow2', openBacking });
  return { disk: await open(), reopen: open };
}

async function undone(): Promise<OpenedDisk> {
  const redo = lasting(new MemoryStore());
  return { disk: await undoable(noisy(), redo), reopen: () => resumeUndoable(noisy(), redo) };
}

async function overHttp(): Promise<BlockBackend> {
  const bytes = noise(200 * 1024);
  const server: RangeFetch = (_url, { headers }) => {
    const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers['Range'] ?? '') ?? [];
    const range = `bytes ${from}-${to}/${bytes.length}`;
    return Promise.resolve({
      status: 206,
      headers: { get: (name) => (name === 'content-range' ? range : null) },
      arrayBuffer: () => Promise.resolve(bytes.slice(Number(from), Number(to) + 1).buffer),
    });
  };
  return new RawDisk(await HttpStore.open('http://disks.example/disk', server));
}

describeBlockBackend({ label: 'raw', open: () => image({ format: 'raw', size: SIZE }), openReadOnly: noisy });
describeBlockBackend({ label: 'raw with blocks of 2048 bytes', open: () => ({ disk: new RawDisk(new MemoryStore({ size: SIZE }), { blockSize: 2048 }) }) });
describeBlockBackend({ label: 'raw in a file', open: () => file('raw') });
describeBlockBackend({ label: 'qcow2', open: () => image({ format: 'qcow2', size: SIZE }) });
describeBlockBackend({ label: 'qcow2 in a file', open: () => file('qcow2') });
describeBlockBackend({ label: 'qcow2 with clusters of 512 bytes', open: () => image({ format: 'qcow2', size: SIZE, clusterSize: 512 }) });
describeBlockBackend({ label: 'qcow2 with subclusters', open: () => image({ format: 'qcow2', size: SIZE, extendedL2: true }) });
describeBlockBackend({ label: 'qcow2 with lazy refcounts', open: () => image({ format: 'qcow2', size: SIZE, lazyRefcounts: true }) });
describeBlockBackend({ label: 'qcow2 of version 2', open: () => image({ format: 'qcow2', size: SIZE, version: 2 }) });
describeBlockBackend({ label: 'qcow2 over another image', open: withBacking });
describeBlockBackend({ label: 'undoable', open: undone, openReadOnly: overHttp });
describeBlockBackend({ label: 'non-persistent', open: async () => ({ disk: await nonPersistent(noisy()) }) });

import type { Chain } from '../queue/chain.ts';
import type { Services, VirtioHost, VirtioModel } from '../virtio/model.ts';
import { BufferPool } from '../virtio/buffers.ts';
import { MessageReader, MessageWriter } from './codec.ts';
import type { HostFolder } from './host-folder.ts';
import { ERRNO, HEADER_SIZE, MAX_MSIZE, T } from './protocol.ts';
import { P9Server, codeOf } from './server.ts';
import type { P9State } from './state.ts';
import { run, wait, type Task } from './task.ts';

/** A lerror reply: header and number. */
const ERROR_SIZE = HEADER_SIZE + 4;

export interface P9Setup {
  readonly folder: HostFolder;
  readonly readOnly: boolean;
  readonly tag: string;
}

/** The 9P transport (QEMU's and Linux's: device id 9, feature 0 is the mount tag): a request and its reply are one chain. */
export class P9Model implements VirtioModel<P9State> {
  readonly features: readonly number[] = [0];
  readonly config: Uint8Array;
  readonly #host: VirtioHost<Services>;
  readonly #server: P9Server;
  readonly #buffers = new BufferPool();
  /** Requests under way, by their tags, with those that wait for their end. */
  readonly #running = new Map<number, (() => void)[]>();
  #generation = 0;

  constructor(host: VirtioHost<Services>, { folder, readOnly, tag }: P9Setup, saved: P9State | undefined) {
    this.#host = host;
    const name = new TextEncoder().encode(tag);
    this.config = new Uint8Array(2 + name.length);
    new DataView(this.config.buffer).setUint16(0, name.length, true);
    this.config.set(name, 2);
    this.#server = new P9Server(folder, readOnly, saved);
    if (saved) for (const chain of [...host.queues[0]!.inFlight]) this.#request(chain);
  }

  /** @hot */
  handleQueue(index: number): void {
    const queue = this.#host.queues[index]!;
    for (let chain = queue.pop(); chain !== undefined; chain = queue.pop()) this.#request(chain);
    queue.flush();
  }

  reset(): void {
    this.#generation += 1;
    this.#running.clear();
    this.#server.reset();
  }

  save(): P9State {
    return this.#server.save();
  }

  destroy(): void {
    this.reset();
  }

  #request(chain: Chain): void {
    const length = chain.readable;
    if (length < HEADER_SIZE || length > MAX_MSIZE || chain.writable < ERROR_SIZE) {
      this.#host.fail('a 9P request has no header, is too long, or has no room for its reply');
      return;
    }
    const request = this.#buffers.take(length);
    if (!chain.read(0, request, 0, length)) return;
    const view = new DataView(request.buffer);
    const size = view.getUint32(0, true);
    if (size < HEADER_SIZE || size > length) {
      this.#host.fail('the size of a 9P request is not that of its buffers');
      return;
    }
    const tag = view.getUint16(5, true);
    const reply = new MessageWriter(this.#buffers.take(MAX_MSIZE), Math.min(chain.writable, this.#server.msize || MAX_MSIZE));
    const type = request[4]!;
    const generation = this.#generation;
    if (!this.#running.has(tag)) this.#running.set(tag, []);
    const end = (): void => {
      if (generation === this.#generation) this.#answer(chain, reply, tag);
      this.#buffers.give(request);
      this.#buffers.give(reply.bytes);
    };
    run(this.#work(type, request.subarray(0, size), reply, tag, end), (reason) => {
      writeError(reply, reason, tag);
      end();
    });
  }

  *#work(type: number, request: Uint8Array, reply: MessageWriter, tag: number, end: () => void): Task<void> {
    const reader = new MessageReader(request);
    if (type === T.FLUSH) {
      const waiters = this.#running.get(reader.u16());
      // A request that is under way is not stopped; the flush ends after it.
      if (waiters && waiters !== this.#running.get(tag)) yield* wait(new Promise<void>((resolve) => waiters.push(resolve)));
    } else yield* this.#server.handle(type, reader, reply);
    reply.finish(type + 1, tag);
    end();
  }

  #answer(chain: Chain, reply: MessageWriter, tag: number): void {
    const waiters = this.#running.get(tag) ?? [];
    this.#running.delete(tag);
    const [queue] = this.#host.queues;
    if (chain.write(0, reply.bytes, 0, reply.length)) {
      queue!.push(chain, reply.length);
      queue!.flush();
    }
    for (const done of waiters) done();
  }
}

function writeError(reply: MessageWriter, reason: unknown, tag: number): void {
  reply.clear();
  reply.u32(ERRNO[codeOf(reason) ?? 'EIO'] ?? ERRNO['EIO']!);
  reply.finish(T.LERROR + 1, tag);
}

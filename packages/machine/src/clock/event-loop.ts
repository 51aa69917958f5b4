/** What the machine needs from its surroundings. Tests give their own; nothing else in the machine knows real time. */
export interface EventLoop {
  /** Host time in nanoseconds, monotonic. */
  now(): number;
  /** Runs `task` soon, after I/O that waits now. */
  soon(task: () => void): void;
  /** Runs `task` after `nanoseconds`; the result cancels it. */
  after(nanoseconds: number, task: () => void): () => void;
}

// What Node and browsers share of their globals; `setImmediate` is Node's alone.
declare const setImmediate: ((task: () => void) => unknown) | undefined;
declare const performance: { now(): number };
declare const MessageChannel: new () => {
  readonly port1: { onmessage: (() => void) | null };
  readonly port2: { postMessage(message: unknown): void };
};

/** The environment's own event loop, in Node and in browsers. */
export function environmentLoop(): EventLoop {
  return {
    now: () => performance.now() * 1e6,
    soon: typeof setImmediate === 'function' ? setImmediate : channelTask(),
    after(nanoseconds, task) {
      // Browsers and Node take at most 2^31 − 1 ms; the run loop asks again.
      const timer = setTimeout(task, Math.min(Math.ceil(nanoseconds / 1e6), 2 ** 31 - 1));
      return () => {
        clearTimeout(timer);
      };
    },
  };
}

/** Browsers clamp nested `setTimeout` to 4 ms; a message to oneself comes at once. */
function channelTask(): (task: () => void) => void {
  const tasks: (() => void)[] = [];
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => tasks.shift()?.();
  return (task) => {
    tasks.push(task);
    port2.postMessage(0);
  };
}

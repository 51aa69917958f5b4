import type { Later } from './host-folder.ts';

/** Work that may have to wait: it runs at once as far as answers come at once, so that a folder in memory needs no turns. */
export type Task<T> = Generator<unknown, T, unknown>;

/** Waits for an answer, if it has to be waited for. */
export function* wait<T>(value: Later<T>): Task<T> {
  // What is sent back in is what `value` came to.
  return (value instanceof Promise ? yield value : value) as T;
}

/** Runs a task to its end. */
export function run(task: Task<void>, failed: (reason: unknown) => void): void {
  const step = (resume: () => IteratorResult<unknown, void>): void => {
    try {
      const { done, value } = resume();
      if (done !== true) (value as Promise<unknown>).then((answer) => step(() => task.next(answer)), (reason: unknown) => step(() => task.throw(reason)));
    } catch (reason) {
      failed(reason);
    }
  };
  step(() => task.next());
}

import type { NamedService } from '@polyvisor/machine';

/** Something of the host's that devices use, until it is closed. */
export interface Opened {
  readonly services: readonly NamedService[];
  close(): Promise<void>;
}

/** Opens all, or none. */
export async function openAll(openers: readonly (() => Promise<Opened>)[]): Promise<Opened> {
  const open: Opened[] = [];
  const close = async (): Promise<void> => {
    for (const part of open.splice(0).reverse()) await part.close();
  };
  try {
    for (const opener of openers) open.push(await opener());
  } catch (error) {
    await close();
    throw error;
  }
  return { services: open.flatMap(({ services }) => services), close };
}

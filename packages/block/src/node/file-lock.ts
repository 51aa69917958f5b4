/** Node only. */
import { connect, createServer, type Server } from 'node:net';

/** A file that no other process may open, until this is called. */
export type Unlock = () => void;

/**
 * Locks between processes are abstract Unix sockets (unix(7)): the kernel gives them back when their owner ends, however it ends, and
 * they leave nothing behind. Other systems have none, nor do other network namespaces; files are locked within the process there.
 */
const nameOf = (id: string): string => `\0polyvisor-image-${id}`;
const LOCKS = process.platform === 'linux';

/** Undefined when another process has locked it. */
export async function lockFile(id: string): Promise<Unlock | undefined> {
  if (!LOCKS) return () => undefined;
  // Who connects learns that the lock is held, and no more.
  const server = createServer((socket) => socket.destroy());
  return await listens(server, nameOf(id)) ? () => { server.close(); } : undefined;
}

/** Whether a process has locked it. */
export async function isLocked(id: string): Promise<boolean> {
  if (!LOCKS) return false;
  return new Promise((resolve) => {
    const socket = connect({ path: nameOf(id) });
    socket.once('connect', () => { resolve(true); }).once('error', () => { resolve(false); });
    socket.once('connect', () => socket.destroy());
  });
}

function listens(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen({ path, exclusive: true }, () => {
      server.unref();
      resolve(true);
    });
  });
}

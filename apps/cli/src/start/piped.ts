import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// The same place from the sources and from what was built.
const POLYVISOR = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** Milliseconds after which a program that still reads is told again that there is no more. */
const AGAIN = 2000;
/** More than any prompt is long. */
const TAIL = 256;
const NEWLINE = 10;
const END_OF_INPUT = '\x04';
/** Status of a process that a signal ended. */
const KILLED = 1;

/**
 * Runs `polyvisor run` and types standard input when the guest's prompt is there: what arrives while a kernel boots would be lost in the
 * guest's serial driver. At the end of the input whoever reads is told so: the shell at its next prompt, which ends the machine.
 */
export function runPiped(args: readonly string[], prompt: RegExp): Promise<number> {
  const child = spawn(process.execPath, [POLYVISOR, 'run', ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const signals = SIGNALS.map((name) => [name, () => { child.kill(name); }] as const);
  for (const [name, listener] of signals) process.on(name, listener);
  let [tail, awake, over, last] = ['', false, false, NEWLINE];
  let again: NodeJS.Timeout | undefined;
  const waits = (): boolean => prompt.test(tail);
  const finish = (): void => {
    if (over && waits()) child.stdin.write(END_OF_INPUT);
  };
  const listen = (): void => {
    awake = true;
    process.stdin.on('data', (bytes: Buffer) => {
      last = bytes.at(-1) ?? last;
      // The prompt has been answered; the next one shows that the shell is done.
      tail = '';
      child.stdin.write(bytes);
    });
    process.stdin.on('end', () => {
      over = true;
      if (last !== NEWLINE) child.stdin.write('\n');
      finish();
      again = setInterval(() => child.stdin.write(END_OF_INPUT), AGAIN);
    });
  };
  child.stdout.on('data', (bytes: Buffer) => {
    process.stdout.write(bytes);
    tail = (tail + bytes.toString('latin1')).slice(-TAIL);
    if (!waits()) return;
    if (awake) finish();
    else listen();
  });
  process.stdin.on('error', () => { over = true; });
  // Whoever reads has gone, or the machine has.
  process.stdout.on('error', () => { child.kill('SIGTERM'); });
  child.stdin.on('error', () => { over = false; });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(again);
      for (const [name, listener] of signals) process.off(name, listener);
      resolve(status ?? KILLED);
    });
  });
}

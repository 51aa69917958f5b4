/** A line for people. A raw terminal needs the carriage return, and the guest's line may not be at its end. */
export function say(text: string): void {
  process.stderr.write(process.stdin.isTTY ? `\r\npolyvisor: ${text}\r\n` : `polyvisor: ${text}\n`);
}

/** Shows on a terminal what takes a while. */
export function showing<T>(what: string, work: () => T): T {
  if (!process.stderr.isTTY) return work();
  process.stderr.write(`polyvisor: ${what} …`);
  try {
    return work();
  } finally {
    process.stderr.write('\r\x1b[K');
  }
}

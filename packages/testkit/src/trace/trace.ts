/** Thrown by the fakes when one operation asks for more than its limit: it ends a loop that nothing else would end. */
export class RunawayError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'RunawayError';
  }
}

/**
 * What a part did to its surroundings, in order, as lines of text that compare and print well. All fakes of one rig
 * write to one trace. With `on` false nothing is recorded and nothing is allocated.
 */
export class Trace {
  on = true;
  readonly entries: string[] = [];
  /** Calls and bytes since `startOperation`. */
  calls = 0;
  bytes = 0;
  /** Numbers beyond 32 bits that the host was given: an engine boxes each of them, which is not the device's doing. */
  wide = 0;
  maxCalls = Infinity;
  maxBytes = Infinity;

  add(entry: string): void {
    this.entries.push(entry);
  }

  /** Counts one call to the surroundings. Throws `RunawayError` past the limits. */
  tick(bytes = 0): void {
    this.calls += 1;
    this.bytes += bytes;
    if (this.calls > this.maxCalls) throw new RunawayError(`more than ${this.maxCalls} calls to the host in one operation`);
    if (this.bytes > this.maxBytes) throw new RunawayError(`more than ${this.maxBytes} bytes of DMA in one operation`);
  }

  /** A time or an address that a device passes to the host. */
  given(value: number): void {
    if ((value | 0) !== value) this.wide += 1;
  }

  startOperation(): void {
    this.calls = 0;
    this.bytes = 0;
  }

  /** The entries from `mark` (an earlier `entries.length`) on. */
  since(mark: number): readonly string[] {
    return this.entries.slice(mark);
  }
}

/** Where two traces part, for a person to read; `undefined` when they are equal. */
export function traceDifference(expected: readonly string[], actual: readonly string[]): string | undefined {
  const length = Math.max(expected.length, actual.length);
  for (let i = 0; i < length; i += 1) {
    if (expected[i] === actual[i]) continue;
    const before = expected.slice(Math.max(0, i - 3), i);
    const context = before.length === 0 ? '' : ` after [${before.join('; ')}]`;
    return `step ${i}${context}: expected "${expected[i] ?? 'nothing'}", got "${actual[i] ?? 'nothing'}"`;
  }
  return undefined;
}

/** `value` as the guest would see it: unsigned, in hexadecimal. */
export function hex(value: number): string {
  if (!Number.isInteger(value)) return String(value);
  return value < 0 && value >= -0x80000000 ? `0x${(value >>> 0).toString(16)}` : `0x${value.toString(16)}`;
}

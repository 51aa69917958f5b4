/** Numbers of signals on x86 (arch/x86/include/uapi/asm/signal.h). */
const NAMES = [
  '', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGKILL', 'SIGUSR1', 'SIGSEGV',
  'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGTERM', 'SIGSTKFLT', 'SIGCHLD', 'SIGCONT', 'SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU',
  'SIGURG', 'SIGXCPU', 'SIGXFSZ', 'SIGVTALRM', 'SIGPROF', 'SIGWINCH', 'SIGIO', 'SIGPWR', 'SIGSYS',
] as const;

export const Signal = {
  ILL: 4, TRAP: 5, ABRT: 6, BUS: 7, FPE: 8, KILL: 9, SEGV: 11, PIPE: 13, CHLD: 17, CONT: 18, STOP: 19, URG: 23, WINCH: 28, SYS: 31,
} as const;

export const MOST_SIGNALS = 64;

export const signalName = (number: number): string => NAMES[number] ?? `signal ${number}`;

/** Handlers with a meaning of their own (`SIG_DFL`, `SIG_IGN`). */
export const Handler = { default: 0, ignore: 1 } as const;

/** What sigaction keeps for a signal. */
export interface Action {
  readonly handler: number;
  readonly flags: number;
  readonly restorer: number;
  /** 8 bytes. */
  readonly mask: Uint8Array;
}

const DEFAULT: Action = { handler: Handler.default, flags: 0, restorer: 0, mask: new Uint8Array(8) };
/** Signals that do nothing unless somebody asked for them. */
const HARMLESS: readonly number[] = [Signal.CHLD, Signal.CONT, Signal.URG, Signal.WINCH];

/** A process's signal state. Handlers are kept and told, and not yet called: a signal with a handler ends the program, too. */
export class SignalState {
  /** Blocked signals, bit n−1 for signal n; 8 bytes. */
  mask = new Uint8Array(8);
  /** Sent while they were blocked. */
  readonly pending = new Set<number>();
  /** sigaltstack: address, size and flags. */
  stack = { pointer: 0, size: 0, flags: 2 };
  readonly #actions = new Map<number, Action>();

  action(signal: number): Action {
    return this.#actions.get(signal) ?? DEFAULT;
  }

  setAction(signal: number, action: Action): void {
    this.#actions.set(signal, action);
  }

  blocks(signal: number): boolean {
    return (this.mask[(signal - 1) >> 3]! & (1 << ((signal - 1) & 7))) !== 0;
  }

  /** Whether a signal goes unnoticed. */
  ignores(signal: number): boolean {
    const { handler } = this.action(signal);
    return handler === Handler.ignore || (handler === Handler.default && HARMLESS.includes(signal));
  }
}

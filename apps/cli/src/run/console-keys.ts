/** What a key means that comes behind the escape key. */
export type Command = 'quit' | 'status' | 'help';

/** Ctrl-A, as in QEMU. */
const ESCAPE = 1;
const COMMANDS: Readonly<Record<string, Command>> = { x: 'quit', c: 'status', h: 'help', '?': 'help' };

/** Divides what is typed into bytes for the guest and commands for us. */
export class ConsoleKeys {
  readonly #guest: (byte: number) => void;
  readonly #command: (command: Command) => void;
  #escaped = false;

  constructor(guest: (byte: number) => void, command: (command: Command) => void) {
    this.#guest = guest;
    this.#command = command;
  }

  type(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (!this.#escaped && byte === ESCAPE) {
        this.#escaped = true;
        continue;
      }
      const command = this.#escaped ? COMMANDS[String.fromCharCode(byte).toLowerCase()] : undefined;
      this.#escaped = false;
      if (command) this.#command(command);
      else this.#guest(byte);
    }
  }
}

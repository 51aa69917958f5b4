/** What a key means that comes behind the escape key. */
export type Command = 'quit' | 'monitor' | 'help';

/** Ctrl-A, as in QEMU. */
const ESCAPE = 1;
const COMMANDS: Readonly<Record<string, Command>> = { x: 'quit', c: 'monitor', h: 'help', '?': 'help' };

/** Divides what is typed into bytes for whoever has the console, and commands behind the escape key. */
export class ConsoleKeys {
  readonly #typed: (byte: number) => void;
  readonly #command: (command: Command) => void;
  #escaped = false;

  constructor(typed: (byte: number) => void, command: (command: Command) => void) {
    this.#typed = typed;
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
      else this.#typed(byte);
    }
  }
}

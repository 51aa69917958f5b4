const BACKSPACE = 8, DELETE = 127, NEWLINE = 10, RETURN = 13, KILL = 21;

/** Lines of what is typed on a terminal in raw mode, with what it has to show for each key. */
export class LineReader {
  readonly #echo: (text: string) => void;
  readonly #line: (line: string) => void;
  #text = '';

  constructor(echo: (text: string) => void, line: (line: string) => void) {
    this.#echo = echo;
    this.#line = line;
  }

  type(byte: number): void {
    switch (byte) {
      case RETURN:
      case NEWLINE: {
        const line = this.#text;
        this.#text = '';
        this.#echo('\r\n');
        this.#line(line);
        return;
      }
      case BACKSPACE:
      case DELETE:
        if (this.#text !== '') this.#echo('\b \b');
        this.#text = this.#text.slice(0, -1);
        return;
      case KILL:
        this.#echo('\b \b'.repeat(this.#text.length));
        this.#text = '';
        return;
      default:
        if (byte < 32) return;
        this.#text += String.fromCharCode(byte);
        this.#echo(String.fromCharCode(byte));
    }
  }
}

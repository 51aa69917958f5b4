/** A guest on a serial console that a program types on: of `polyvisor run`, or of QEMU to compare with. */
import { readFileSync } from 'node:fs';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const polyvisor = fileURLToPath(new URL('../../bin/polyvisor.js', import.meta.url));

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const alive = new Set<ChildProcessWithoutNullStreams>();
/** A script that fails leaves no guest behind. */
process.on('exit', () => { alive.forEach((child) => child.kill('SIGKILL')); });

export class Guest {
  /** All that the console showed. */
  output = '';
  errors = '';
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<number | null>;
  #isOver = false;
  #from = 0;
  #wake: () => void = () => undefined;

  private constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: 'pipe' });
    alive.add(this.#child);
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('latin1').on('data', (text: string) => {
      this.output += text;
      this.#wake();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => { this.errors += text; });
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject).on('close', (status) => {
        this.#isOver = true;
        alive.delete(this.#child);
        this.#wake();
        resolve(status);
      });
    });
  }

  /** `within` is a command that runs the one behind it, such as `unshare --net`. */
  static polyvisor(args: readonly string[], within: readonly string[] = []): Guest {
    const [command = '', ...rest] = [...within, process.execPath, polyvisor, 'run', ...args];
    return new Guest(command, rest);
  }
  static qemu(args: readonly string[]): Guest {
    return new Guest('qemu-system-x86_64', ['-accel', 'tcg', '-cpu', 'max', '-display', 'none', '-monitor', 'none', '-no-reboot', ...args]);
  }

  /** Waits for a text that was not waited for before; what the pattern found. */
  async until(pattern: RegExp | string, seconds = 300): Promise<RegExpExecArray> {
    const wanted = typeof pattern === 'string' ? new RegExp(pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')) : pattern;
    const deadline = performance.now() + seconds * 1000;
    while (true) {
      const found = wanted.exec(this.output.slice(this.#from));
      if (found) {
        this.#from += found.index + found[0].length;
        return found;
      }
      const left = deadline - performance.now();
      if (this.#isOver || left <= 0) throw new Error(`${this.#isOver ? 'the guest ended' : 'no answer'} before ${String(wanted)}:\n${this.output.slice(-3000)}\n${this.errors}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** A shell's answer. The marks around it are quoted apart, so that the echo of the line is not taken for it. */
  async sh(line: string, seconds = 300): Promise<Answer> {
    this.type(`echo "%""%"; ${line}; echo "%"$?"%"\n`);
    const [, text = '', status = ''] = await this.until(/%%\r\n([^]*?)%(\d+)%\r\n/, seconds);
    return { status: Number(status), text: text.replaceAll('\r\n', '\n').trim() };
  }

  /** What a command that must succeed says. */
  async must(line: string, seconds = 300): Promise<string> {
    const { status, text } = await this.sh(line, seconds);
    if (status !== 0) throw new Error(`"${line}" ended with ${status}: ${text}`);
    return text;
  }

  /** What the process has taken of the host until now: seconds of its processors, and the most memory that it had, in bytes. */
  cost(): { readonly seconds: number; readonly peak: number } {
    const of = (file: string): string => readFileSync(`/proc/${this.#child.pid ?? 0}/${file}`, 'utf8');
    // The name, in parentheses, may have blanks; behind it utime and stime are fields 14 and 15 of proc(5), in hundredths of a second.
    const fields = of('stat').split(') ')[1]!.split(' ');
    return { seconds: (Number(fields[11]) + Number(fields[12])) / 100, peak: Number(/^VmHWM:\s*(\d+)/m.exec(of('status'))![1]) * 1024 };
  }

  /** As when the power fails: nothing is asked. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  /** Waits for the process's end; its status. */
  async end(seconds = 300): Promise<number | null> {
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), seconds * 1000);
    try {
      return await this.#ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

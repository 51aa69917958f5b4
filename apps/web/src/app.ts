import { Terminal } from '@xterm/xterm';
import { tinyGuest } from '@polyvisor/guest-tiny';
import type { Boot, FromMachine, ToMachine } from './messages.ts';

/** The terminal and the machine that it belongs to, if one runs. */
export interface App {
  readonly terminal: Terminal;
  /** Ends the machine of before, and starts one. */
  boot(boot: Boot): void;
  /** Types as a person would. */
  type(text: string): void;
  stop(): void;
}

/** Puts a console into `place`. `status` is told in a few words how the machine is. */
export function createApp(place: HTMLElement, status: (text: string) => void): App {
  const terminal = new Terminal({ cols: 80, rows: 25, scrollback: 5000, cursorBlink: true });
  terminal.open(place);
  let worker: Worker | undefined;
  const stop = (): void => {
    worker?.terminate();
    worker = undefined;
  };
  const type = (text: string): void => { worker?.postMessage({ kind: 'typed', text } satisfies ToMachine); };
  terminal.onData(type);
  return {
    terminal, type, stop,
    boot(boot) {
      stop();
      terminal.reset();
      status(`Loading ${boot.kernel.name}`);
      const machine = new Worker(new URL('./machine-worker.ts', import.meta.url), { type: 'module' });
      machine.onmessage = ({ data }: MessageEvent<FromMachine>): void => {
        if (data.kind === 'output') terminal.write(data.bytes);
        else if (data.kind === 'running') status('Running');
        else status(data.problem === undefined ? 'Off' : `Stopped: ${data.problem}`);
      };
      machine.onerror = ({ message }): void => { status(`Stopped: ${message}`); };
      machine.postMessage({ kind: 'boot', boot } satisfies ToMachine);
      worker = machine;
      terminal.focus();
    },
  };
}

/** The guest that needs no files. */
export function tinyBoot(memory: number): Boot {
  return { kernel: { name: 'the tiny guest', bytes: Uint8Array.from(tinyGuest()) }, commandLine: '', memory };
}

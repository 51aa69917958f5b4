/** The machine, on a thread of its own: the page stays quick, and the guest does not wait for it. */
import { PrintedBytes, TypedBytes } from './console-queues.ts';
import type { Boot, FromMachine, ToMachine } from './messages.ts';
import { makePc } from './pc.ts';

const typed = new TypedBytes();

self.onmessage = ({ data }: MessageEvent<ToMachine>): void => {
  if (data.kind === 'typed') typed.type(data.text);
  else void run(data.boot);
};

function tell(message: FromMachine): void {
  self.postMessage(message);
}

async function run(boot: Boot): Promise<void> {
  const printed = new PrintedBytes((bytes) => { tell({ kind: 'output', bytes }); });
  let problem: string | undefined;
  try {
    const machine = makePc(boot, printed, typed);
    machine.start();
    tell({ kind: 'running' });
    const outcome = await machine.finished;
    if (outcome.kind === 'faulted') problem = outcome.problem.message;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  printed.flush();
  tell({ kind: 'ended', problem });
}

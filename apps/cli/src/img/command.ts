import { PolyvisorError } from '@polyvisor/core';
import { ACTIONS } from './actions.ts';
import { imgErrors } from './errors.ts';

const HELP = `Usage: polyvisor img ACTION [OPTIONS]

Makes, converts and checks disk images. Actions and options are as in qemu-img.
${ACTIONS.map(({ usage }) => `  ${usage}`).join('\n')}
Formats are raw and qcow2; sizes have a suffix of K, M, G or T.
`;

/** As qemu-img: whatever goes wrong is status 1, but for what a check finds. */
export async function run([name = '', ...args]: readonly string[]): Promise<number> {
  if (name === '-h' || name === '--help') {
    process.stdout.write(HELP);
    return 0;
  }
  try {
    const action = ACTIONS.find((known) => known.name === name);
    if (!action) throw new PolyvisorError([imgErrors['img-command']('', { command: name, known: ACTIONS.map((known) => known.name) })]);
    return await action.run(args);
  } catch (error) {
    if (!(error instanceof PolyvisorError)) throw error;
    process.stderr.write(`polyvisor: ${error.message}\n`);
    return 1;
  }
}

import { fullvirtErrors } from '@polyvisor/backend-fullvirt';
import { osErrors } from '@polyvisor/backend-os';
import { blockErrors } from '@polyvisor/block';
import { coreErrors, type Problem } from '@polyvisor/core';
import { cpuErrors } from '@polyvisor/cpu-x86';
import { firmwareErrors } from '@polyvisor/firmware';
import { machineErrors } from '@polyvisor/machine';
import { memoryErrors } from '@polyvisor/memory';
import { mmuErrors } from '@polyvisor/mmu-npt';
import { netErrors } from '@polyvisor/net';
import { cliErrors } from '../apps/cli/src/errors.ts';
import { imgErrors } from '../apps/cli/src/img/errors.ts';
import { runErrors } from '../apps/cli/src/run/errors.ts';
import { testkitErrors } from '@polyvisor/testkit';
import { plainErrors } from '@polyvisor/testkit/fixtures';

type Maker = (place: string, params: unknown) => Problem;
type Catalogue = Readonly<Record<string, unknown>> & { readonly codes: readonly string[] };

const areas: readonly { readonly title: string; readonly about: string; readonly catalogues: readonly Catalogue[] }[] = [
  { title: 'core', about: 'Contracts: units, scopes, plugins, snapshots.', catalogues: [coreErrors] },
  { title: 'machine', about: 'Describing, composing and driving a machine.', catalogues: [machineErrors] },
  { title: 'memory', about: 'Hosts, frames and address spaces.', catalogues: [memoryErrors] },
  { title: 'cpu', about: 'The x86 processor.', catalogues: [cpuErrors] },
  { title: 'mmu', about: 'Walks and nested paging.', catalogues: [mmuErrors] },
  { title: 'os', about: 'Linux programs without a Linux kernel.', catalogues: [osErrors] },
  { title: 'firmware', about: 'Kernels, archives and tables.', catalogues: [firmwareErrors] },
  { title: 'block', about: 'Disk images.', catalogues: [blockErrors] },
  { title: 'net', about: 'Networks.', catalogues: [netErrors] },
  { title: 'fullvirt', about: 'A whole PC.', catalogues: [fullvirtErrors] },
  { title: 'cli', about: 'The command `polyvisor`.', catalogues: [cliErrors, runErrors, imgErrors] },
  { title: 'testkit', about: 'Fakes and suites; the last ones are how the plain backend ends a machine.', catalogues: [testkitErrors, plainErrors] },
];

/** Stands for any parameter: reads as its name, as text and as a list. */
function placeholder(name: string): readonly string[] {
  const text = `‹${name}›`;
  return Object.assign([text], { toString: () => text });
}
const params = new Proxy({}, { get: (_target, name) => placeholder(String(name)) });

/** docs/errors.md: every code with its message and remedy, from the catalogues themselves. */
export function errorsPage(): string {
  const sections = areas.map(({ title, about, catalogues }) => {
    const entries = catalogues.flatMap((catalogue) =>
      catalogue.codes.map((code) => {
        const found = (catalogue[code.slice(code.indexOf('/') + 1)] as Maker)('', params);
        // Joined as text, because a message that is a parameter alone is still the placeholder.
        const message = [found.message].join();
        const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)}. ${found.remedy}`.replaceAll('NaN', '…');
        return `### ${code}\n\n${sentence}\n`;
      }),
    );
    return [`## ${title}\n\n${about}\n`, ...entries].join('\n');
  });
  const head = `# Errors

Every error has a code, names the thing and the place, and says what to do about it. \`PolyvisorError.problems\` has all
that were found; guests never cause one. Words in ‹› stand for what was found.
`;
  return [head, ...sections].join('\n');
}

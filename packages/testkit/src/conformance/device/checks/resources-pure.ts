import { found, type Check } from '../../report.ts';
import { trapAmbient } from '../../ambient.ts';
import { copy, difference } from '../../values.ts';
import type { DeviceSubject } from '../options.ts';

export const resourcesPure: Check<DeviceSubject> = {
  name: 'resources-pure',
  summary: 'resources gives the same answer each time and leaves the configuration alone',
  run({ plugin, config }) {
    const used = new Set<string>();
    const before = copy(config);
    const answers = trapAmbient(used, () => [1, 2, 3, 4].map(() => plugin.resources(config)));
    const changed = difference(before, config);
    const other = answers.slice(1).map((answer) => difference(plain(answers[0]), plain(answer))).find((d) => d !== undefined);
    return [
      ...(changed === undefined ? [] : [found(`resources changes the configuration: ${changed}`)]),
      ...(other === undefined ? [] : [found(`resources gives another answer at a later call: ${other}`)]),
      ...[...used].map((name) => found(`resources uses ${name}`)),
    ];
  },
};

/** Tokens compare by their name. */
function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('key' in value && typeof value.key === 'symbol') return value.key.description;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

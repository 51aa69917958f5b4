import type { z } from 'zod';
import type { ConfigSubject } from './config-subject.ts';
import { describeError, found, type Check, type Finding } from '../report.ts';
import { edited, keysAt, objectPaths, show } from '../values.ts';

const WRONG: readonly unknown[] = [undefined, null, 0, -1, NaN, 1e300, '', 'no', true, [], {}, () => 0, Symbol('s'), 10n];

/** Every way in which a schema can be given nonsense; it may refuse or accept, but not crash. */
export function crashesOf(schema: z.ZodType, given: unknown): Finding[] {
  const inputs: [string, unknown][] = WRONG.map((wrong) => [`instead of the configuration: ${String(wrong)}`, wrong]);
  for (const path of objectPaths(given)) {
    for (const key of keysAt(given, path)) {
      for (const wrong of WRONG) {
        inputs.push([`as "${[...path, key].join('.')}": ${String(wrong)}`, edited(given, path, (object) => { object[key] = wrong; })]);
      }
    }
  }
  return inputs.flatMap(([what, input]) => {
    try {
      schema.safeParse(input);
      return [];
    } catch (error) {
      return [found(`the schema crashes on a value ${what} (${describeError(error)}); it has to refuse it`)];
    }
  });
}

export const configRefusal: Check<ConfigSubject> = {
  name: 'config-refusal',
  summary: 'nonsense in the configuration is refused, never a crash',
  run: ({ plugin, given }) => crashesOf(plugin.config, given).map((f) => found(`${f.message}; given was ${show(given)}`)),
};

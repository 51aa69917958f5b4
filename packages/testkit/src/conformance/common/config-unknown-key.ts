import type { ConfigSubject } from './config-subject.ts';
import { found, type Check } from '../report.ts';
import { edited, objectPaths } from '../values.ts';

const STRANGER = 'noSuchSetting';

export const configUnknownKey: Check<ConfigSubject> = {
  name: 'config-unknown-key',
  summary: 'a configuration with an unknown key is refused, at every depth',
  run({ plugin, given }) {
    const paths = objectPaths(given);
    if (paths.length === 0) return { skipped: 'the configuration has no objects' };
    return paths.flatMap((path) => {
      const wrong = edited(given, path, (object) => { object[STRANGER] = 1; });
      if (!plugin.config.safeParse(wrong).success) return [];
      const where = path.length === 0 ? 'the configuration' : `"${path.join('.')}"`;
      return [found(`${where} accepts the unknown key "${STRANGER}": use z.strictObject`)];
    });
  },
};

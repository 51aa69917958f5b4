import { delimiter, dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { entriesOf } from './stranger-project.ts';
import { strangersEnvironment } from './stranger-shell.ts';

describe('strangersEnvironment', () => {
  test('has the running Node first and no programs of a package', () => {
    const PATH = ['/repo/node_modules/.bin', '/usr/bin', '/repo/node_modules/npm/bin'].join(delimiter);

    const environment = strangersEnvironment({ PATH });

    expect(environment['PATH']).toBe([dirname(process.execPath), '/usr/bin'].join(delimiter));
  });

  test('keeps how npm reaches its registry and drops where it runs', () => {
    const own = { npm_config_registry: 'http://registry', npm_config_local_prefix: '/repo', npm_package_name: 'repo', INIT_CWD: '/repo' };

    const environment = strangersEnvironment(own);

    expect(environment).toMatchObject({ npm_config_registry: 'http://registry', NX_DAEMON: 'false' });
    expect(Object.keys(environment)).not.toEqual(expect.arrayContaining([expect.stringMatching(/prefix|package|INIT/)]));
  });
});

describe('entriesOf', () => {
  test('names what code can import', () => {
    const exports = { '.': {}, './vitest': {}, './package.json': './package.json' };

    expect(entriesOf('@acme/kit', exports)).toEqual(['@acme/kit', '@acme/kit/vitest']);
  });
});

import { describe, expect, it } from 'vitest';
import { polyvisorLayers } from './layer-map.ts';
import { isSpec, locate, resolveRelative } from './location.ts';

describe('locate', () => {
  it('takes the package that the map names, below a checkout in a folder called packages', () => {
    const location = locate(polyvisorLayers, '/srv/packages/checkout/packages/core/src/a.ts');

    expect(location).toEqual({ folder: 'packages', name: 'core', root: '/srv/packages/checkout/packages/core/' });
  });

  it('takes the package that the map names, above a folder called apps', () => {
    const location = locate(polyvisorLayers, '/x/packages/machine/src/apps/core/a.ts');

    expect(location?.name).toBe('machine');
  });

  it('takes the last package when the map names none', () => {
    const location = locate(polyvisorLayers, '/srv/packages/packages/theirs/a.ts');

    expect(location).toEqual({ folder: 'packages', name: 'theirs', root: '/srv/packages/packages/theirs/' });
  });

  it('reads paths of Windows', () => {
    const location = locate(polyvisorLayers, 'C:\\code\\apps\\web\\src\\a.ts');

    expect(location).toEqual({ folder: 'apps', name: 'web', root: 'C:/code/apps/web/' });
  });

  it('reads a path that begins at the workspace', () => {
    const location = locate(polyvisorLayers, 'packages/core/src/a.ts');

    expect(location).toEqual({ folder: 'packages', name: 'core', root: 'packages/core/' });
  });

  it.each(['/x/tools/a.ts', '/x/packages/readme.ts', 'packages-of-mine/core/a.ts', '<input>'])(
    'finds no package for %s',
    (path) => {
      expect(locate(polyvisorLayers, path)).toBeUndefined();
    },
  );
});

describe('isSpec', () => {
  it.each(['a.spec.ts', 'a.browser.spec.ts', 'a.test.mts', 'a.spec.tsx'])('counts %s as a spec', (name) => {
    expect(isSpec(`/x/packages/core/src/${name}`)).toBe(true);
  });

  it.each(['spec.ts', 'a.ts', 'a.spec.ts.txt', 'aspec.ts'])('does not count %s as a spec', (name) => {
    expect(isSpec(`/x/packages/core.spec.ts/${name}`)).toBe(false);
  });
});

describe('resolveRelative', () => {
  it.each([
    ['./b.ts', '/x/src/b.ts'],
    ['../b.ts', '/x/b.ts'],
    ['.././src/../b.ts', '/x/b.ts'],
    ['.', '/x/src'],
    ['../../../..', ''],
  ])('resolves %s', (source, expected) => {
    expect(resolveRelative('/x/src/a.ts', source)).toBe(expected);
  });
});

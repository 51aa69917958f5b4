import { runRule, type InvalidCase, type ValidCase } from '../../test/rule-tests.ts';
import { layers } from './layers.ts';

function imports(from: string, ...sources: string[]): ValidCase {
  return {
    name: `${from} ← ${sources.join(', ')}`,
    filename: `/home/me/polyvisor/${from}`,
    code: sources.map((source) => `import '${source}';`).join('\n'),
  };
}

function refuses(from: string, source: string, ...messageIds: string[]): InvalidCase {
  return { ...imports(from, source), errors: messageIds.map((messageId) => ({ messageId })) };
}

const device = 'packages/devices-virtio/src/blk.ts';

runRule("layers: Polyvisor's map", layers, {
  valid: [
    imports('packages/core/src/index.ts', 'rxjs', 'zod', './units/units.ts', '../src/units.ts'),
    imports(device, '@polyvisor/core'),
    imports('packages/cpu-x86/src/a.ts', '@polyvisor/core', '@polyvisor/wasm'),
    imports('packages/mmu-npt/src/a.ts', '@polyvisor/core', '@polyvisor/wasm'),
    imports('packages/machine/src/a.ts', '@polyvisor/core', '@polyvisor/memory'),
    imports('packages/backend-os/src/a.ts', '@polyvisor/core', '@polyvisor/wasm', '@polyvisor/net', '@polyvisor/machine'),
    imports('apps/cli/src/a.ts', '@polyvisor/backend-os', '@polyvisor/machine', '@polyvisor/testkit', '@polyvisor/core'),
    imports('packages/testkit/src/fakes/irq.ts', '@polyvisor/core', '@polyvisor/memory', '@polyvisor/machine'),
    imports('packages/devices-virtio/src/blk.spec.ts', '@polyvisor/testkit', '@polyvisor/core', '@polyvisor/devices-virtio'),
    imports('packages/core/src/di/scope.browser.spec.ts', '@polyvisor/testkit'),
    imports('tools/oracles/run.ts', '@polyvisor/cpu-x86', '@polyvisor/testkit', '../../packages/core/src/index.ts'),
    imports('examples/uart/main.ts', '@polyvisor/backend-fullvirt', '@polyvisor/testkit'),
    imports('packages/eslint-plugin/src/hot/hot.ts', '../support/ast.ts', '@typescript-eslint/utils'),
    imports('packages/their-device/src/a.ts', '@polyvisor/core', '@polyvisor/machine'),
    imports(device, '@polyvisorish/machine', '@other/machine', 'machine'),
  ],
  invalid: [
    refuses('packages/core/src/a.ts', '@polyvisor/memory', 'upward'),
    refuses(device, '@polyvisor/machine', 'upward'),
    refuses('packages/machine/src/a.ts', '@polyvisor/backend-os', 'upward'),
    refuses('packages/backend-os/src/a.ts', '@polyvisor/cli', 'upward'),
    refuses('packages/core/src/a.spec.ts', '@polyvisor/machine', 'upward'),
    refuses('packages/core/src/a.ts', '@polyvisor/wasm', 'sideways'),
    refuses('packages/wasm/src/a.ts', '@polyvisor/core', 'sideways'),
    refuses(device, '@polyvisor/block', 'sideways'),
    refuses('packages/cpu-x86/src/a.ts', '@polyvisor/mmu-npt', 'sideways'),
    refuses('packages/backend-os/src/a.ts', '@polyvisor/backend-paravirt', 'sideways'),
    refuses('apps/cli/src/a.ts', '@polyvisor/web', 'sideways'),
    refuses(device, '@polyvisor/wasm', 'notAllowed'),
    refuses('packages/machine/src/a.ts', '@polyvisor/devices-platform', 'notAllowed'),
    refuses('packages/testkit/src/a.ts', '@polyvisor/cpu-x86', 'notAllowed'),
    refuses(device, '@polyvisor/testkit', 'testOnly'),
    refuses('packages/backend-os/src/spec.ts', '@polyvisor/testkit', 'testOnly'),
    refuses('packages/their-device/src/a.ts', '@polyvisor/testkit', 'testOnly'),
    refuses(device, '@polyvisor/quantum', 'unknownPackage'),
    refuses(device, '@polyvisor/devices-virtio', 'selfImport'),
    refuses('packages/testkit/src/a.ts', '@polyvisor/testkit', 'selfImport'),
    refuses(device, '@polyvisor/core/src/units/units.ts', 'deepImport'),
    refuses(device, '@polyvisor/core/dist/index.js', 'deepImport'),
    refuses('packages/core/src/a.ts', '@polyvisor/machine/src/bus.ts', 'deepImport', 'upward'),
    refuses('tools/oracles/run.ts', '@polyvisor/cpu-x86/src/decode.ts', 'deepImport'),
    refuses(device, '../../core/src/index.ts', 'leavesPackage'),
    refuses('packages/devices-virtio/src/a.spec.ts', '../../devices-virtio-more/a.ts', 'leavesPackage'),
    refuses(device, '../../../tools/x.ts', 'leavesPackage'),
    refuses('apps/cli/src/a.ts', '../../web/src/a.ts', 'leavesPackage'),
    refuses('packages/core/src/a.ts', '../..', 'leavesPackage'),
  ],
});

const upward = [{ messageId: 'upward' }];
const inCore = { filename: '/home/me/polyvisor/packages/core/src/a.ts', errors: upward };

runRule('layers: every form of import', layers, {
  valid: [
    { name: 'a string that is no import', filename: inCore.filename, code: "const x = '@polyvisor/machine'; f('@polyvisor/machine');" },
    { name: 'a dynamic import of an unknown name', filename: inCore.filename, code: 'import(name); require(name);' },
  ],
  invalid: [
    { ...inCore, name: 'names', code: "import { x } from '@polyvisor/machine';" },
    { ...inCore, name: 'types only', code: "import type { X } from '@polyvisor/machine';" },
    { ...inCore, name: 'an inline type', code: "import { type X } from '@polyvisor/machine';" },
    { ...inCore, name: 'a re-export', code: "export { x } from '@polyvisor/machine';" },
    { ...inCore, name: 'a re-export of types', code: "export type { X } from '@polyvisor/machine';" },
    { ...inCore, name: 'a re-export of everything', code: "export * from '@polyvisor/machine';" },
    { ...inCore, name: 'a dynamic import', code: "const x = () => import('@polyvisor/machine');" },
    { ...inCore, name: 'an import in a type', code: "type X = import('@polyvisor/machine').X;" },
    { ...inCore, name: 'an import assignment', code: "import x = require('@polyvisor/machine');" },
    { ...inCore, name: 'require', code: "const x = require('@polyvisor/machine');" },
  ],
});

const shop = { scope: '@shop', layers: [['base'], ['cart', 'stock'], ['site']], siblings: { cart: ['stock'] } };
const inPackage = (name: string, source: string, options: unknown): ValidCase => ({
  name: `${name} ← ${source}`,
  filename: `/srv/packages/checkout/packages/${name}/src/a.ts`,
  code: `import '${source}';`,
  options: [options],
});

runRule('layers: options', layers, {
  valid: [
    inPackage('cart', '@shop/stock', shop),
    inPackage('site', '@shop/base', shop),
    inPackage('site', '@polyvisor/machine', shop),
    inPackage('cart', '@shop/base/testing', { ...shop, subpaths: ['base/testing'] }),
    inPackage('devices-virtio', '@polyvisor/block', { siblings: { 'devices-virtio': ['block'] } }),
    inPackage('machine', '@polyvisor/iommu', { only: { machine: ['core', 'memory', 'iommu'] } }),
    inPackage('core', '@polyvisor/machine', { scope: '@fork' }),
  ],
  invalid: [
    { ...inPackage('stock', '@shop/cart', shop), errors: [{ messageId: 'sideways', data: { from: 'stock', to: 'cart' } }] },
    { ...inPackage('base', '@shop/site', shop), errors: upward },
    { ...inPackage('cart', '@shop/machine', shop), errors: [{ messageId: 'unknownPackage' }] },
    { ...inPackage('cart', '@shop/base/other', { ...shop, subpaths: ['base/testing'] }), errors: [{ messageId: 'deepImport' }] },
    {
      ...inPackage('site', '@shop/base', { ...shop, only: { site: [] } }),
      errors: [{ messageId: 'notAllowed', data: { from: 'site', to: 'base', allowed: 'no package' } }],
    },
    { ...inPackage('machine', '@polyvisor/net', { siblings: { core: ['wasm'] } }), errors: [{ messageId: 'notAllowed' }] },
    { ...inPackage('core', '@fork/machine', { scope: '@fork' }), errors: upward },
  ],
});

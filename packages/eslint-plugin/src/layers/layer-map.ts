/** Which package may import which. Names are without the scope; packages that stand later in `layers` lie higher. */
export interface LayerMap {
  /** The npm scope of the packages, such as `@polyvisor`. */
  readonly scope: string;
  /** Rows of packages, lowest first. A package may import every package of the rows below its own. */
  readonly layers: readonly (readonly string[])[];
  /** Imports allowed inside a row: importer to imported. */
  readonly siblings: Readonly<Record<string, readonly string[]>>;
  /** Packages that may import less than everything below: importer to all it may import. */
  readonly only: Readonly<Record<string, readonly string[]>>;
  /** Packages for tests, outside the rows, and all that each may import. */
  readonly testOnly: Readonly<Record<string, readonly string[]>>;
  /** Entry points besides the main one that packages export, such as `testkit/suites`. */
  readonly subpaths: readonly string[];
}

/** What a configuration may say; see {@link resolveLayerMap} for what is left out. */
export type LayerOptions = Partial<LayerMap>;

const fromCore = ['core'];
const fromCoreAndWasm = ['core', 'wasm'];

/** Polyvisor's own packages. */
export const polyvisorLayers: LayerMap = {
  scope: '@polyvisor',
  layers: [
    ['core', 'wasm'],
    ['cpu-x86', 'mmu-npt', 'iommu', 'memory', 'devices-platform', 'devices-virtio', 'block', 'net', 'firmware', 'guest-tiny'],
    ['machine'],
    ['backend-fullvirt', 'backend-paravirt', 'backend-os'],
    ['cli', 'web'],
  ],
  siblings: { 'devices-virtio': ['devices-platform'] },
  only: {
    'cpu-x86': fromCoreAndWasm,
    'mmu-npt': fromCoreAndWasm,
    iommu: fromCore,
    memory: fromCore,
    'devices-platform': fromCore,
    // Its PCI transport is made of the parts of a PCI function that stand there.
    'devices-virtio': ['core', 'devices-platform'],
    block: fromCore,
    net: fromCore,
    firmware: fromCore,
    machine: ['core', 'memory'],
  },
  testOnly: { testkit: ['core', 'memory', 'machine'] },
  subpaths: ['testkit/vitest', 'testkit/fixtures', 'block/node', 'block/browser', 'net/node', 'devices-virtio/node'],
};

/**
 * Completes a configuration. One that brings its own `layers` describes a project of its own, so nothing of
 * Polyvisor's map is left in it; one that does not changes Polyvisor's map entry by entry.
 */
export function resolveLayerMap(options: LayerOptions): LayerMap {
  const { scope } = polyvisorLayers;
  if (options.layers !== undefined) {
    return { scope, siblings: {}, only: {}, testOnly: {}, subpaths: [], ...options, layers: options.layers };
  }
  return {
    ...polyvisorLayers,
    ...options,
    siblings: { ...polyvisorLayers.siblings, ...options.siblings },
    only: { ...polyvisorLayers.only, ...options.only },
    testOnly: { ...polyvisorLayers.testOnly, ...options.testOnly },
    subpaths: [...polyvisorLayers.subpaths, ...(options.subpaths ?? [])],
  };
}

/** The row of a package, lowest 0, or −1 when it is in none. */
export function layerOf(map: LayerMap, name: string): number {
  return map.layers.findIndex((row) => row.includes(name));
}

export function isMapped(map: LayerMap, name: string): boolean {
  return layerOf(map, name) >= 0 || Object.hasOwn(map.testOnly, name);
}

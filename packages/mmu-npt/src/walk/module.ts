import { ModuleBuilder } from '@polyvisor/wasm';
import type { Globals, WalkContext } from './context.ts';
import { buildFill } from './fill.ts';
import { buildFlushes } from './flush.ts';
import { buildLoadPdptes } from './load-pdptes.ts';
import type { WalkOptions } from './options.ts';

/** The hot half as the bytes of a module that imports `env.memory` and the `Globals` under `env`. */
export function walkModule(options: WalkOptions): Uint8Array<ArrayBuffer> {
  const m = new ModuleBuilder({ check: true, names: true });
  const withShadow = options.strategy === 'shadow';
  const cold = !withShadow ? undefined : {
    enter: m.importFunc('env', 'enter', { params: ['ptr'], results: [] }),
    built: m.importFunc('env', 'built', { params: ['ptr', 'i32', 'i32'], results: [] }),
    unprotect: m.importFunc('env', 'unprotect', { params: ['i32'], results: [] }),
  };
  m.importMemory('env', 'memory', { min: 1, max: 65536, shared: true });
  const i32Global = (name: string) => m.importGlobal('env', name, 'i32');
  const globals: Globals = {
    root: i32Global('root'), lastPage: i32Global('lastPage'), codeBitmap: i32Global('codeBitmap'),
    tlbs: i32Global('tlbs'), cpus: i32Global('cpus'), windowHost: i32Global('windowHost'),
    windowGpa: m.importGlobal('env', 'windowGpa', 'i64'), windowSize: m.importGlobal('env', 'windowSize', 'i64'),
    owned: i32Global('owned'),
  };
  const shadow = cold === undefined ? {} : { shadow: { ...cold, tables: i32Global('tables') } };
  const hot: WalkContext = { m, options, globals, probe: false, ...shadow };
  const { fill, second } = buildFill(hot);
  m.export('fill', fill);
  m.export('probe', buildFill({ m, options, globals, probe: true }).fill);
  m.export('loadPdptes', buildLoadPdptes(hot, second));
  for (const [name, func] of Object.entries(buildFlushes(hot))) m.export(name, func);
  return m.toBytes();
}

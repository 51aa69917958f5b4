import { defineCpu, versioned, type CpuPlugin } from '@polyvisor/core';
import { scriptedConfigSchema, type ScriptedConfig } from './config.ts';
import { ScriptedVcpu } from './scripted-vcpu.ts';
import { scriptedStateSchema, type ScriptedState } from './scripted-state.ts';

/** A CPU that executes a list of steps instead of machine code: for tests of machines, backends and devices. */
export const scriptedCpu: CpuPlugin<ScriptedConfig, ScriptedState> = defineCpu({
  kind: 'testkit/scripted-cpu',
  api: 1,
  summary: 'A CPU whose program is a list of steps in its configuration.',
  config: scriptedConfigSchema,
  state: versioned(1, scriptedStateSchema),
  create: (config, host, saved) => new ScriptedVcpu(config, host, saved),
});

import { createHost } from '@polyvisor/memory';
import { describeMmu } from '@polyvisor/testkit/vitest';
import { strategies } from './strategies.ts';

const host = () => createHost({ frames: 16 * 2 ** 20, tables: 16 * 2 ** 20 });

for (const { plugin, ...options } of strategies) describeMmu(plugin, { ...options, host });

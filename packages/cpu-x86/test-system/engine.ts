import type { Rom } from './rom.ts';
export function runEngine(_rom: Rom): string[] { throw new Error('not yet'); }

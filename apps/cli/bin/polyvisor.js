#!/usr/bin/env node
// An installed package runs what was built; a checkout runs its sources, without a build.
import module from 'node:module';

// Code that was compiled once starts at once the next time; sources above all, whose types have to be stripped.
module.enableCompileCache?.();

if (import.meta.url.includes('/node_modules/')) {
  const { main } = await import('../dist/main.js');
  await main(process.argv.slice(2));
} else if (module.registerHooks === undefined) {
  process.stderr.write('polyvisor: a checkout needs Node 22.15 or newer; run it with npx, which takes the one from npm.\n');
  process.exitCode = 2;
} else {
  module.registerHooks({
    resolve: (name, context, next) => next(name, { ...context, conditions: ['@polyvisor/source', ...context.conditions] }),
  });
  const { main } = await import('../src/main.ts');
  await main(process.argv.slice(2));
}

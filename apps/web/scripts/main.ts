/** `npm run web`: serves the page on this computer. `--kernel FILE` and `--initrd FILE` are served beside it. */
import { parseArgs } from 'node:util';
import { serve } from './server.ts';

const PORT = 8080;
const { values } = parseArgs({ options: { port: { type: 'string' }, kernel: { type: 'string' }, initrd: { type: 'string' } } });
const files = Object.fromEntries(
  (['kernel', 'initrd'] as const).flatMap((name) => (values[name] === undefined ? [] : [[`/guest/${name}`, values[name]] as const])),
);
const server = await serve(Number(values.port ?? PORT), files);
console.log(`The page is at ${server.resolvedUrls?.local[0] ?? ''} (Ctrl-C ends the server).`);
for (const [path, file] of Object.entries(files)) console.log(`${path} is ${file}: give it as a URL in the page.`);

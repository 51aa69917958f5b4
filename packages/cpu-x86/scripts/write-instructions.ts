/** Writes INSTRUCTIONS.md: `node packages/cpu-x86/scripts/write-instructions.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { instructionsDocument } from './instructions-document.ts';

writeFileSync(join(import.meta.dirname, '..', 'INSTRUCTIONS.md'), instructionsDocument());

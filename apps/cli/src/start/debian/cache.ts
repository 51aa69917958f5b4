import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where downloads are kept between runs (XDG Base Directory Specification). */
export const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'polyvisor');

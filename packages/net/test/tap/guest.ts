/**
 * Linux as the guest of a network: in a network namespace of its own, a TAP device. Prints a line for each check; ends with
 * 0 when all were right. Arguments: `tap` for what a TAP device does by itself; or `tcp`, the path of a stream to plug it
 * into and the port of an echo server behind it.
 */
import { check, failed } from './checks.ts';
import { tapChecks } from './tap-checks.ts';
import { tcpChecks } from './tcp-checks.ts';

const [part, path = '', port = ''] = process.argv.slice(2);
await (part === 'tcp' ? tcpChecks(path, Number(port)) : tapChecks());
check('all were asked', true);
process.exit(failed() ? 1 : 0);

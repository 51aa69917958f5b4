/** Names of services that devices choose. */
export const POWER = 'power';
export const DEBUG_CONSOLE = 'debug-console';
/** Of ports that lead nowhere. */
export const NOWHERE = 'nowhere';
export const comName = (index: number): string => `com${index + 1}`;
/** Of a `-chardev`. */
export const chardevName = (id: string): string => `chardev ${id}`;

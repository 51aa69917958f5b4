export { i8042 } from './i8042.ts';
export { KeyboardToken, MouseToken, type I8042Config, type Keyboard, type Mouse } from './config.ts';
export type { I8042State } from './state.ts';
export { KEYS } from './keys.ts';
export * as I8042Registers from './registers.ts';

export { uart16550 } from './uart16550.ts';
export { Uart16550Chip, type Uart16550Wiring } from './chip.ts';
export type { Uart16550Config } from './config.ts';
export type { Uart16550State } from './state.ts';
export * as Uart16550Registers from './registers.ts';

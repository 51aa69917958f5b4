export { rtc } from './rtc.ts';
export { RtcChip, type RtcWiring } from './chip.ts';
export { WallClockToken, type RtcConfig, type WallClock } from './config.ts';
export type { RtcState } from './state.ts';
export * as RtcRegisters from './registers.ts';

export { Pic8259 } from './pic8259.ts';
export { PicPair } from './pic-pair.ts';
export { picPairStateSchema, type Pic8259State, type PicPairState } from './state.ts';
export * as Pic8259Registers from './registers.ts';

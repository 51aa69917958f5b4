import { token } from '../di/token.ts';

/**
 * Stands between bus masters and memory. A device's `Dma` handle asks it for each page it touches and otherwise
 * works as before, so the device cannot tell.
 */
export interface Iommu {
  /** The translation for one bus master. `streamId` is its source id: bus << 8 | device << 3 | function. */
  stream(streamId: number): DmaTranslator;
}

export interface DmaTranslator {
  /** @hot Guest-physical address for a bus address; −1 when blocked. Holds to the end of the 4 KiB page. */
  translate(address: number, write: boolean): number;
  /** @hot The message's address and data after interrupt remapping are passed on; false when blocked. */
  remapMessage(address: number, data: number, out: RemappedMessage): boolean;
}

export interface RemappedMessage {
  address: number;
  data: number;
}

export const IommuToken = token<Iommu>('core/Iommu');

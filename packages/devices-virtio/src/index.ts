export { virtioBlkMmio, virtioBlkPci, blk, type ResizableBlockBackend } from './blk/blk.ts';
export { virtioMmio, type MmioOptions, type VirtioMmioPlugin, type VirtioMmioState } from './mmio/plugin.ts';
export { virtioPci, type PciOptions, type VirtioPciPlugin, type VirtioPciState } from './pci/plugin.ts';
export { Chain, Virtqueue } from './queue/index.ts';
export { DeviceId, Feature } from './virtio/constants.ts';
export { defineVirtio, type Services, type VirtioDefinition, type VirtioHost, type VirtioModel } from './virtio/model.ts';

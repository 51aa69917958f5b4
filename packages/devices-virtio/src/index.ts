export { virtioBlkMmio, virtioBlkPci, blk } from './blk/blk.ts';
export { balloon, virtioBalloonMmio, virtioBalloonPci, MemoryBalloonToken, type BalloonStatistics, type MemoryBalloon } from './balloon/balloon.ts';
export { virtioConsole, virtioConsoleMmio, virtioConsolePci } from './console/console.ts';
export { ConsoleSizeToken, type ConsoleSize } from './console/console-model.ts';
export { net, virtioNetMmio, virtioNetPci } from './net/net.ts';
export { rng, virtioRngMmio, virtioRngPci, EntropySourceToken, type EntropySource } from './rng/rng.ts';
export { virtioMmio, type MmioOptions, type VirtioMmioPlugin, type VirtioMmioState } from './mmio/plugin.ts';
export { virtioPci, type PciOptions, type VirtioPciPlugin, type VirtioPciState } from './pci/plugin.ts';
export { Chain, Virtqueue } from './queue/index.ts';
export { DeviceId, Feature } from './virtio/constants.ts';
export { defineVirtio, type Services, type VirtioDefinition, type VirtioHost, type VirtioModel } from './virtio/model.ts';
export { p9, virtioP9Mmio, virtioP9Pci } from './p9/p9.ts';
export {
  FolderError, HostFolderToken, type FolderChange, type FolderFile, type FolderPath, type FolderSpace, type FolderStat, type HostFolder, type Later,
  type OpenWish,
} from './p9/host-folder.ts';
export { MemoryFolder, type MemoryTree } from './p9/memory-folder.ts';
export { virtioVsockMmio, virtioVsockPci, vsock } from './vsock/vsock.ts';
export { VsockHostToken, type VsockGuest, type VsockHost, type VsockPeer, type VsockStream } from './vsock/vsock-host.ts';

export { pciHost, pcieHost } from './host-bridge.ts';
export { PowerBaseToken, type PowerBase } from './south-bridge.ts';
export { PciBusToken, PciFunctions, type PciBus, type PciFunction } from './bus.ts';
export { PciConfigSpace, type BarWish, type PciIdentity } from './config-space.ts';
export { MsiCapability } from './msi.ts';
export { MsixCapability, type MsixPlaces } from './msix.ts';
export * as PciRegisters from './registers.ts';

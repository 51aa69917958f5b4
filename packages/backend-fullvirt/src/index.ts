export { acpiOptions } from './acpi-options.ts';
export { BootImagesToken, type BootImages, type FirmwareImages, type KernelImages } from './boot-images.ts';
export { fullvirtConfig, type AcpiConfig, type SmbiosConfig, type FullvirtConfig } from './config.ts';
export { fullvirtErrors } from './errors.ts';
export { pcLayout, usableRam, type RamBytes } from './layout.ts';
export { smbiosOptions } from './smbios-options.ts';
export { fullvirtBackend } from './plugin.ts';

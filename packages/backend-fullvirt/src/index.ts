export { fullvirtBackend } from './plugin.ts';
export { fullvirtErrors } from './errors.ts';
export type { FullvirtConfig } from './config.ts';
export { BootImagesToken, type BootImages } from './boot-images.ts';
export { pcLayout } from './layout.ts';

export { fwCfg } from './fw-cfg.ts';
export { FirmwareFilesToken, type FirmwareFiles, type FwCfgConfig } from './config.ts';
export * as FwCfgRegisters from './registers.ts';

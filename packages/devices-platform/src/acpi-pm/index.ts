export { acpiPm, acpiPmPci } from './acpi-pm.ts';
export { PowerButtonToken, type AcpiPmConfig, type PowerButton } from './config.ts';
export type { AcpiPmState } from './state.ts';
export * as AcpiPmRegisters from './registers.ts';

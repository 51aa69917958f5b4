export { resetPort, ResetRegister, ResetControl } from './reset-port.ts';

export { BASE, MODE, PREFIX, REASON, REASON_NAMES, SEGMENT, VERDICT } from './decode/codes.ts';
export { Decoded } from './decode/decoded.ts';
export { Decoder, type DecoderOptions, MAX_INSTRUCTION_LENGTH } from './decode/decoder.ts';
export {
  branchTarget, HIGH_BYTE, OPERAND, operandSegment, type ResolvedOperand, resolveOperand, resolveOperands, ripRelativeAddress, sizeInBits,
} from './decode/operands.ts';
export { formatInstruction, type FormatOptions, type Syntax } from './disasm/format.ts';
export { registerName } from './disasm/register-names.ts';
export { type Feature, FEATURES, isFeature } from './tables/features.ts';
export { FLAG, flagLetters, STATUS_FLAGS } from './tables/flags.ts';
export type { ContentType, OperandKind, OperandSource, RegisterClass, SizeCode } from './tables/operand-kinds.ts';
export { rowById, rows } from './tables/rows.ts';
export type {
  Access, ExceptionClass, FlagEffects, ModrmUse, OpcodeMap, Operand, OperandSizeRule, Privilege, RepMeaning, Row,
} from './tables/types.ts';
export { cpuX86, type CpuX86Config } from './vcpu/plugin.ts';
export { X86Vcpu } from './vcpu/vcpu.ts';
export type { X86State } from './vcpu/state-schema.ts';
export { cpuModels, type CpuModel } from './cpuid/model.ts';
export { cpuErrors } from './errors.ts';
export { TSC_FREQUENCY } from './system/time-stamp.ts';

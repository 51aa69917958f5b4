/** Every instruction that TypeScript executes, by its row in the instruction tables. */
import type { ControlRegisters } from '../control-registers.ts';
import type { Translation } from '../translation.ts';
import { rows } from '../../tables/rows.ts';
import type { Row } from '../../tables/types.ts';
import { far, int, int1, int3, into, iret, retf, syscall, sysenter, sysexit, sysret } from './calls.ts';
import { controlInstructions } from './control.ts';
import { fromDebug, toDebug } from './debug.ts';
import { clearInterrupts, popFlags, pushFlags, setInterrupts } from './flags.ts';
import type { Instruction } from './instruction.ts';
import { inOut, strings } from './io.ts';
import { miscInstructions } from './misc.ts';
import {
  adjustRpl, loadAccessRights, loadLdt, loadPointer, loadSegmentLimit, loadTable, loadTask, movFromSegment, movToSegment, popSegment,
  pushSegment, storeSelector, storeTable, verify,
} from './segments.ts';
import { resumeFromSmm } from '../smm.ts';
import { enter, popAll, pushAll } from './stack-frames.ts';

/** Instruction by row index; `undefined` for rows that generated code executes. */
export function systemInstructions(control: ControlRegisters, translation: Translation): readonly (Instruction | undefined)[] {
  const byMnemonic: Readonly<Record<string, Instruction>> = {
    ...controlInstructions(control, translation), ...miscInstructions(translation),
    INT: int, INT3: int3, INTO: into, INT1: int1, IRET: iret, IRETD: iret, IRETQ: iret, RETF: retf, SYSCALL: syscall, SYSRET: sysret, SYSRETQ: sysret,
    SYSENTER: sysenter, SYSEXIT: sysexit, SYSEXITQ: sysexit, CLI: clearInterrupts, STI: setInterrupts,
    PUSHF: pushFlags, PUSHFD: pushFlags, PUSHFQ: pushFlags, POPF: popFlags, POPFD: popFlags, POPFQ: popFlags,
    PUSHA: pushAll, PUSHAD: pushAll, POPA: popAll, POPAD: popAll, ENTER: enter, IN: inOut(false), OUT: inOut(true),
    LES: loadPointer('ES'), LDS: loadPointer('DS'), LSS: loadPointer('SS'), LFS: loadPointer('FS'), LGS: loadPointer('GS'),
    SGDT: storeTable('gdtr'), SIDT: storeTable('idtr'), LGDT: loadTable('gdtr'), LIDT: loadTable('idtr'), SLDT: storeSelector('ldtr'),
    STR: storeSelector('tr'), LLDT: loadLdt, LTR: loadTask, LAR: loadAccessRights, LSL: loadSegmentLimit, VERR: verify(false), VERW: verify(true),
    ARPL: adjustRpl, RSM: resumeFromSmm,
  };
  return rows.map((row) => byRow(row) ?? byMnemonic[row.id] ?? byMnemonic[row.mnemonic]);
}

function byRow(row: Row): Instruction | undefined {
  const { id, mnemonic } = row;
  switch (id) {
    case 'MOV_RvMw_Sw': return movFromSegment;
    case 'MOV_Sw_RvMw': return movToSegment;
    case 'MOV_Ry_Dy': return fromDebug;
    case 'MOV_Dy_Ry': return toDebug;
    case 'JMP_Ap': case 'JMP_Mp': return far(false);
    case 'CALL_Ap': case 'CALL_Mp': return far(true);
    default:
  }
  const segment = row.operands[0]?.kind.registers === 'seg' ? /_(ES|CS|SS|DS|FS|GS)$/.exec(id)?.[1] : undefined;
  if (segment !== undefined && mnemonic === 'PUSH') return pushSegment(segment);
  if (segment !== undefined && mnemonic === 'POP') return popSegment(segment);
  if (/^INS[BWD]$/.test(mnemonic)) return strings(false);
  if (/^OUTS[BWD]$/.test(mnemonic)) return strings(true);
  return undefined;
}

/**
 * FMA3. Intel SDM Vol. 2C, chapter 5 ("VFMADD132PD/..." and after), exception classes 2 (packed) and 3 (scalar); AMD APM
 * Vol. 4. The opcode's high digit gives the operand order (9: 132, A: 213, B: 231), its low digit the operation.
 */
import { parseTable } from './notation.ts';

const ORDERS = [['9', '132'], ['A', '213'], ['B', '231']] as const;
const PACKED = [['6', 'VFMADDSUB'], ['7', 'VFMSUBADD'], ['8', 'VFMADD'], ['A', 'VFMSUB'], ['C', 'VFNMADD'], ['E', 'VFNMSUB']] as const;
const SCALAR = [['9', 'VFMADD'], ['B', 'VFMSUB'], ['D', 'VFNMADD'], ['F', 'VFNMSUB']] as const;

/** Rows of this family. */
export const fma = parseTable('fma', `
@ f=FMA
${ORDERS.flatMap(([high, order]) => [
  ...PACKED.map(([low, name]) => `
    ${name}${order}PS | VEX.x.66.0F38.W0 ${high}${low} /r | Vps:rw Hps Wps | | x=2
    ${name}${order}PD | VEX.x.66.0F38.W1 ${high}${low} /r | Vpd:rw Hpd Wpd | | x=2`),
  ...SCALAR.map(([low, name]) => `
    ${name}${order}SS | VEX.LIG.66.0F38.W0 ${high}${low} /r | Vss:rw Hss Wss | | x=3
    ${name}${order}SD | VEX.LIG.66.0F38.W1 ${high}${low} /r | Vsd:rw Hsd Wsd | | x=3`),
]).join('')}
`);

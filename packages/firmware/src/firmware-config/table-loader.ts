import { describeTables, type AcpiOptions, type DescribedTable } from '../acpi/describe.ts';
import { text } from '../acpi/table.ts';

/** A file of the firmware configuration device. */
export interface FirmwareFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names of the files; firmware knows the last one only, which has the others'. */
export const ACPI_FILES = { tables: 'etc/acpi/tables', root: 'etc/acpi/rsdp', loader: 'etc/table-loader' } as const;

/** Commands to firmware (QEMU, hw/acpi/bios-linker-loader.c): 128 bytes each, names in 56. */
const COMMAND_SIZE = 128;
const NAME = 56;
const ALLOCATE = 1, ADD_POINTER = 2, ADD_CHECKSUM = 3;
/** Where memory is allocated: anywhere below 4 GiB, or in F0000H–FFFFFH, where the RSDP is looked for. */
const Zone = { high: 1, fseg: 2 } as const;
const TABLE_ALIGNMENT = 64, ROOT_ALIGNMENT = 16;

/**
 * The ACPI tables for firmware that has a table loader, such as SeaBIOS and OVMF: addresses are offsets in the files until
 * it has put them into memory and added where they are.
 */
export function acpiFiles(options: AcpiOptions): readonly FirmwareFile[] {
  const { tables, root } = describeTables(options);
  const offsets = new Map<DescribedTable, number>();
  let size = 0;
  for (const table of tables) {
    offsets.set(table, size);
    size += Math.ceil(table.bytes.length / TABLE_ALIGNMENT) * TABLE_ALIGNMENT;
  }
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  const rootBytes = root.bytes.slice();
  const commands = [allocate(ACPI_FILES.root, ROOT_ALIGNMENT, Zone.fseg), allocate(ACPI_FILES.tables, TABLE_ALIGNMENT, Zone.high)];
  const link = (file: string, to: DataView, table: DescribedTable, at: number): void => {
    for (const pointer of table.pointers) {
      to.setUint32(at + pointer.at, offsets.get(pointer.to)!, true);
      commands.push(addPointer(file, at + pointer.at, pointer.size));
    }
    for (const sum of table.checksums) {
      to.setUint8(at + sum.at, 0);
      commands.push(addChecksum(file, at + sum.at, at, sum.length));
    }
  };
  for (const [table, at] of offsets) {
    bytes.set(table.bytes, at);
    link(ACPI_FILES.tables, view, table, at);
  }
  link(ACPI_FILES.root, new DataView(rootBytes.buffer), root, 0);
  const loader = new Uint8Array(COMMAND_SIZE * commands.length);
  commands.forEach((command, i) => { loader.set(command, i * COMMAND_SIZE); });
  return [{ name: ACPI_FILES.tables, bytes }, { name: ACPI_FILES.root, bytes: rootBytes }, { name: ACPI_FILES.loader, bytes: loader }];
}

function allocate(file: string, alignment: number, zone: number): Uint8Array {
  return command(ALLOCATE, [file], [[alignment, 4], [zone, 1]]);
}

/** Adds the address of the tables to what stands at `at` of a file. */
function addPointer(file: string, at: number, size: number): Uint8Array {
  return command(ADD_POINTER, [file, ACPI_FILES.tables], [[at, 4], [size, 1]]);
}

function addChecksum(file: string, at: number, start: number, length: number): Uint8Array {
  return command(ADD_CHECKSUM, [file], [[at, 4], [start, 4], [length, 4]]);
}

/** A command's number, its file names, and numbers of 1 or 4 bytes. */
function command(kind: number, files: readonly string[], numbers: readonly (readonly [value: number, size: number])[]): Uint8Array {
  const bytes = new Uint8Array(COMMAND_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, kind, true);
  files.forEach((file, i) => { text(bytes, 4 + NAME * i, file); });
  let at = 4 + NAME * files.length;
  for (const [value, size] of numbers) {
    if (size === 1) view.setUint8(at, value);
    else view.setUint32(at, value, true);
    at += size;
  }
  return bytes;
}

/** A file that a multiboot kernel gets, and what it is told about it. */
export interface ModuleFile {
  readonly path: string;
  readonly commandLine: string;
}

/**
 * Reads a list of modules as QEMU's `-initrd` has it: files divided by commas, each with its arguments behind a space; two
 * commas are one that belongs to the text. The command line of a module begins with its path.
 */
export function moduleList(text: string): readonly ModuleFile[] {
  const parts = text.replaceAll(',,', '\0').split(',').map((part) => part.replaceAll('\0', ','));
  return parts.filter((part) => part.trim() !== '').map((part) => ({ path: part.trim().split(' ')[0]!, commandLine: part.trim() }));
}

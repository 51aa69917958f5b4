import { PolyvisorError } from '@polyvisor/core';
import type { OsConfig } from '../config.ts';
import { loadImage, stackProt, type Loaded } from '../elf/load.ts';
import { parseElf, type ElfImage } from '../elf/header.ts';
import { Errno, errnoName } from '../errno.ts';
import { bytePath, showPath, type BytePath } from '../files/host-files.ts';
import type { OpenFile } from '../files/open-file.ts';
import { Mode, isKind } from '../files/stat.ts';
import type { FileTree } from '../files/tree.ts';
import { permits } from '../calls/open.ts';
import { PAGE, STACK_GAP, pageDown, pageUp } from '../memory/layout.ts';
import { readFully } from '../memory/page-in.ts';
import type { ProcessMemory } from '../memory/process-memory.ts';
import type { UserMemory } from '../memory/user-memory.ts';
import { osErrors } from '../problems.ts';
import { Aux, MOST_ARGUMENT_BYTES, buildStack } from './stack.ts';

const PLACE = 'backend.config.program';

/** A program that can be loaded. */
export interface Program {
  readonly path: BytePath;
  readonly file: OpenFile;
  readonly image: ElfImage;
  readonly argv: readonly string[];
}

/** As BINPRM_BUF_SIZE: how much of a script's first line counts. */
const LONGEST_LINE = 256;
/** Scripts whose interpreter is a script. */
const MOST_SCRIPTS = 4;

/** Finds and checks the program. A script (`#!`) is replaced by its interpreter. Throws what a user can mend. */
export function findProgram(files: FileTree, config: OsConfig): Program {
  let path = bytePath(config.program);
  let argv = config.argv.length > 0 ? config.argv.map(bytePath) : [path];
  for (let i = 0; i <= MOST_SCRIPTS; i++) {
    const file = openProgram(files, config, path);
    const line = firstLine(file);
    if (line === undefined) return { path: file.path, file, image: imageOf(file), argv };
    file.close();
    const [interpreter = '', ...rest] = /^\s*(\S+)(?:\s+(.*\S))?/.exec(line)?.slice(1) ?? [];
    if (interpreter === '') throw bad(path, 'its first line names no interpreter');
    argv = [interpreter, ...rest.filter((word) => word), path, ...argv.slice(1)];
    path = interpreter;
  }
  throw bad(path, 'its interpreters are scripts again and again');
}

function openProgram(files: FileTree, config: OsConfig, path: BytePath): OpenFile {
  const found = files.find(bytePath(config.cwd), path, true);
  if (typeof found === 'number') throw missing(path, found);
  if (!isKind(found.stat, Mode.regular)) throw bad(path, isKind(found.stat, Mode.directory) ? 'it is a directory' : 'it is no regular file');
  if (!permits(found.stat, 1, config)) throw new PolyvisorError([osErrors['not-executable'](PLACE, { path: showPath(path) })]);
  const file = files.open(found, 0);
  if (typeof file === 'number') throw missing(path, file);
  return file;
}

/** What follows `#!`, or undefined for what is no script. */
function firstLine(file: OpenFile): string | undefined {
  const bytes = new Uint8Array(LONGEST_LINE);
  const length = readFully((at, into) => file.readAt(at, into), 0, bytes);
  if (length < 2 || bytes[0] !== 0x23 || bytes[1] !== 0x21) return undefined;
  return String.fromCharCode(...bytes.subarray(2, length)).split('\n', 1)[0];
}

function imageOf(file: OpenFile): ElfImage {
  const image = parseElf((offset, length) => {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, Math.max(0, readFully((at, into) => file.readAt(at, into), offset, bytes)));
  });
  if (typeof image === 'string') throw bad(file.path, image);
  return image;
}

/** Where a loaded program begins. */
export interface Start {
  readonly entry: number;
  readonly stackPointer: number;
}

/** Loads the program and its dynamic loader, and fills its stack. */
export function loadProgram(program: Program, config: OsConfig, memory: ProcessMemory, user: UserMemory, files: FileTree, random: Uint8Array): Start {
  const { image, file } = program;
  const { layout } = memory;
  const loaded = loadImage(memory, image, file, image.relocatable && image.interpreter !== undefined ? layout.programBase : undefined);
  if (typeof loaded === 'number') throw bad(program.path, `its segments cannot be mapped (${errnoName(-loaded)})`);
  memory.heapStart = image.relocatable && image.interpreter === undefined ? pageUp(layout.programBase) : loaded.end;
  memory.heapEnd = memory.heapStart;
  const loader = image.interpreter === undefined ? undefined : loadLoader(program, config, memory, files, image.interpreter);
  const stackPointer = fillStack(program, config, memory, user, loaded, loader, random);
  return { entry: loader?.entry ?? loaded.entry, stackPointer };
}

function loadLoader(program: Program, config: OsConfig, memory: ProcessMemory, files: FileTree, loader: BytePath): Loaded {
  const refuse = (why: string): PolyvisorError =>
    new PolyvisorError([osErrors['no-loader'](PLACE, { path: showPath(program.path), loader: showPath(loader), why })]);
  const found = files.find(bytePath(config.cwd), loader, true);
  if (typeof found === 'number') throw refuse(errnoName(-found));
  const file = files.open(found, 0);
  if (typeof file === 'number') throw refuse(errnoName(-file));
  const image = imageOf(file);
  if (image.bits !== program.image.bits) throw refuse('it is for the other width');
  const loaded = loadImage(memory, image, file, undefined);
  if (typeof loaded === 'number') throw refuse(`its segments cannot be mapped (${errnoName(-loaded)})`);
  return loaded;
}

/**
 * CPUID.1:EDX of a processor with what x86-64 asks for: FPU, VME, DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, SEP, MTRR, PGE, MCA,
 * CMOV, PAT, CLFSH, MMX, FXSR, SSE, SSE2. Programs that want to know more execute CPUID.
 */
const HWCAP = 0x078bfbff;
/** Bytes of stack that are mapped from the start; it grows as it is touched. */
const FIRST_STACK = 33 * PAGE;
/** AT_MINSIGSTKSZ: a signal's frame with the FXSAVE area, rounded up. */
const SIGNAL_FRAME = 2048;

function fillStack(
  program: Program, config: OsConfig, memory: ProcessMemory, user: UserMemory, loaded: Loaded, loader: Loaded | undefined, random: Uint8Array,
): number {
  const { image } = program;
  const env = config.env.map(bytePath);
  const total = [...program.argv, ...env].reduce((sum, text) => sum + text.length + 1 + image.bits / 8, 0);
  if (total > MOST_ARGUMENT_BYTES) {
    throw new PolyvisorError([osErrors['too-many-arguments']('backend.config.argv', { bytes: total, most: MOST_ARGUMENT_BYTES })]);
  }
  const { uid, gid } = config;
  const top = memory.layout.stackTop;
  const { bytes, pointer } = buildStack({
    bits: image.bits, top, argv: program.argv, env, executable: program.path, random,
    platform: image.bits === 64 ? 'x86_64' : 'i686',
    aux: [
      [Aux.hwcap, HWCAP], [Aux.pageSize, PAGE], [Aux.clockTicks, 100], [Aux.phdr, loaded.headers], [Aux.phent, image.headers.size],
      [Aux.phnum, image.headers.count], [Aux.base, loader?.bias ?? 0], [Aux.flags, 0], [Aux.entry, loaded.entry], [Aux.uid, uid],
      [Aux.euid, uid], [Aux.gid, gid], [Aux.egid, gid], [Aux.secure, 0], [Aux.hwcap2, 0], [Aux.minSigStack, SIGNAL_FRAME],
    ],
  });
  const start = pageDown(pointer) - FIRST_STACK;
  memory.mapAt(start, top - start, { prot: stackProt(image), backing: undefined, name: '[stack]', stack: true });
  if (user.copyOut(pointer, bytes) < bytes.length) {
    throw new PolyvisorError([osErrors['little-memory']('memory', { frames: Math.floor(STACK_GAP / PAGE) })]);
  }
  return pointer;
}

function missing(path: BytePath, result: number): PolyvisorError {
  const why = result === -Errno.ENOENT ? 'there is no such file' : errnoName(-result);
  return new PolyvisorError([osErrors['no-program'](PLACE, { path: showPath(path), why })]);
}

function bad(path: BytePath, why: string): PolyvisorError {
  return new PolyvisorError([osErrors['bad-program'](PLACE, { path: showPath(path), why })]);
}

import { showPath } from '../files/host-files.ts';
import type { UserMemory } from '../memory/user-memory.ts';
import type { ArgumentKind, Call } from './call.ts';
import { AT_FDCWD } from './open.ts';

/** Longest path that a trace shows. */
const SHOWN = 80;

/** A call and its arguments for people, much as strace writes them. */
export function formatCall(call: Call, args: readonly number[], user: UserMemory): string {
  return `${call.name}(${args.map((value, i) => formatArgument(call.args[i]!, value, user)).join(', ')})`;
}

function formatArgument(kind: ArgumentKind, value: number, user: UserMemory): string {
  switch (kind) {
    case 'fd':
      return value === AT_FDCWD ? 'AT_FDCWD' : String(value);
    case 'hex':
    case 'ptr':
      return value === 0 ? '0' : `0x${value.toString(16)}`;
    case 'oct':
      return `0${value.toString(8)}`;
    case 'path': {
      const text = user.text(value);
      return typeof text === 'number' ? `0x${value.toString(16)}` : JSON.stringify(showPath(text.slice(0, SHOWN)));
    }
    default:
      return String(value);
  }
}

import type { TypeList } from '../types.ts';

/** The target of a branch: a `block` is left at its end, a `loop` is continued at its start. */
export class Label<L extends TypeList = TypeList> {
  /** Opcode of the construct. */
  readonly op: number;
  /** How many constructs enclose it. */
  readonly depth: number;
  /** Types a branch to it takes, encoded. */
  readonly takes: readonly number[];
  /** Types its end leaves, encoded. */
  readonly results: readonly number[];
  /** The local pool's mark at its start. */
  readonly mark: number;
  /** False once its construct has ended. */
  open = true;
  /** Whether a reachable branch goes to it. */
  branched = false;
  /** Whether its start can be reached. */
  entered = true;
  /** For `if`: whether it has a second arm, and whether the first one runs to its end. */
  otherwise = false;
  armEnds = false;
  /** For `loop`: the loop around it, for the staleness check. */
  outerLoop = -1;
  /** A branch's types, for the type checker only. */
  declare readonly types: L;

  constructor(op: number, depth: number, takes: readonly number[], results: readonly number[], mark: number) {
    this.op = op;
    this.depth = depth;
    this.takes = takes;
    this.results = results;
    this.mark = mark;
  }
}

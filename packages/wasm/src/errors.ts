/** What can be wrong with a module being built. Every one is a mistake of the code that drives the builder. */
export type BuildFault =
  | { readonly code: 'type-mismatch'; readonly op: string; readonly expected: string; readonly actual: string }
  | { readonly code: 'stack-underflow'; readonly op: string; readonly expected: string }
  | { readonly code: 'stack-leftover'; readonly op: string; readonly actual: string }
  | { readonly code: 'value-used-twice'; readonly op: string }
  | { readonly code: 'value-too-heavy'; readonly op: string; readonly weight: number }
  | { readonly code: 'value-stale'; readonly op: string; readonly after: string }
  | { readonly code: 'value-out-of-scope'; readonly op: string }
  | { readonly code: 'value-lost'; readonly op: string }
  | { readonly code: 'label-closed'; readonly op: string }
  | { readonly code: 'missing-result'; readonly op: string; readonly expected: string }
  | { readonly code: 'bad-immediate'; readonly op: string; readonly problem: string }
  | { readonly code: 'bad-module'; readonly problem: string };

const describe = (fault: BuildFault): string => {
  switch (fault.code) {
    case 'type-mismatch':
      return `${fault.op}: expected ${fault.expected}, got ${fault.actual}`;
    case 'stack-underflow':
      return `${fault.op}: expected ${fault.expected}, but the operand stack is empty`;
    case 'stack-leftover':
      return `${fault.op}: leaves ${fault.actual} on the operand stack`;
    case 'value-used-twice':
      return `${fault.op}: used twice, but it is evaluated where it is used; bind it with let() first`;
    case 'value-too-heavy':
      return `${fault.op}: used again, which would repeat ${fault.weight} operations; bind it with let() first`;
    case 'value-stale':
      return `${fault.op}: made before ${fault.after}, used after it; bind it with let() where it should be read`;
    case 'value-out-of-scope':
      return `${fault.op}: used outside the scope or the function that bound it`;
    case 'value-lost':
      return `${fault.op}: has an effect but was never used; use drop() or the statement form`;
    case 'label-closed':
      return `${fault.op}: the label's block has already ended`;
    case 'missing-result':
      return `${fault.op}: ends without the result ${fault.expected}`;
    case 'bad-immediate':
      return `${fault.op}: ${fault.problem}`;
    case 'bad-module':
      return fault.problem;
  }
};

/** Thrown while building. `fault` says what is wrong; `func` names the function being built, if there is one. */
export class WasmBuildError extends Error {
  override readonly name = 'WasmBuildError';
  readonly fault: BuildFault;
  readonly func: string | null;

  constructor(fault: BuildFault, func: string | null) {
    super(func === null ? describe(fault) : `in function ${func}: ${describe(fault)}`);
    this.fault = fault;
    this.func = func;
  }
}

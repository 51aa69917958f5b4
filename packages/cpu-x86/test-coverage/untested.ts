/** Rows of the instruction tables that no test executes in tier 0, with the reason. */
export const untested: Readonly<Record<string, string>> = {
  WBNOINVD: 'no CPU model has it: its encoding is WBINVD',
  MONITOR: 'no CPU model has it',
  MWAIT: 'no CPU model has it',
};

import type { Machine } from '@polyvisor/machine';

const SECOND = 1e9;

/** One line for Ctrl-A c. */
export function statusLine(machine: Machine): string {
  const instructions = retired(machine);
  const halted = machine.vcpus.filter((vcpu) => !vcpu.runnable).length;
  const where = machine.vcpus.map(({ state }) => `0x${state.get('rip').toString(16)}`).join(' ');
  return `${machine.state}, ${seconds(machine)} s of guest time, ${millions(instructions)} million instructions, `
    + `${halted} of ${machine.vcpus.length} processors asleep, RIP ${where}`;
}

/** What a run cost, for --stats. `began` is `performance.now()` at its start. */
export function costs(machine: Machine, began: number): string {
  const elapsed = performance.now() - began;
  const { user, system } = process.cpuUsage();
  const instructions = retired(machine);
  const mmu = machine.mmu?.statistics();
  const rows: [string, string][] = [
    ['time', `${(elapsed / 1000).toFixed(1)} s, of it ${((user + system) / 1e6).toFixed(1)} s of processor time (with start-up)`],
    ['instructions', `${millions(instructions)} million (${(instructions / elapsed / 1000).toFixed(0)} million a second)`],
    ['guest memory', `${Math.round(machine.space.mapped / 256)} MiB`],
    ['peak memory', `${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`],
    ...Object.entries(mmu ?? {}).map(([name, value]): [string, string] => [`MMU ${name}`, String(value)]),
  ];
  return rows.map(([name, value]) => `  ${name.padEnd(18)}${value}\n`).join('');
}

function retired(machine: Machine): number {
  return machine.vcpus.reduce((sum, vcpu) => sum + vcpu.instructions, 0);
}
function millions(instructions: number): string {
  return (instructions / 1e6).toFixed(0);
}
function seconds(machine: Machine): string {
  return (machine.clock.now() / SECOND).toFixed(1);
}

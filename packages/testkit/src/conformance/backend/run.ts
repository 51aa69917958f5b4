import { Random } from '../../random/random.ts';
import { describeError } from '../report.ts';
import { show } from '../values.ts';
import { EXIT_CATALOGUE, nameOf } from './exit-catalogue.ts';
import type { BackendSubject } from './options.ts';
import { asVerdict, type BackendRig } from './rig.ts';

/** Why checks about saved state are not made, or `undefined` when they are. */
export function noState({ plugin: { state } }: BackendSubject): { readonly skipped: string } | undefined {
  if (state.kind === 'stateless') return { skipped: 'the backend is stateless' };
  return state.kind === 'refuses' ? { skipped: `the backend refuses to be saved: ${state.reason}` } : undefined;
}

/** Answers to random exits with random registers, as lines that compare; exceptions are lines too. */
export function randomRun(rig: BackendRig, random: Random, count = rig.subject.operations): readonly string[] {
  const lines: string[] = [];
  for (let i = 0; i < count; i += 1) {
    // Half of them hypercalls: the guest chooses their every argument.
    const exits = random.chance(1, 2) ? EXIT_CATALOGUE.filter((e) => e.kind === 'hypercall') : EXIT_CATALOGUE;
    const exit = random.pick(exits);
    const cpu = random.below(rig.vcpus.length);
    rig.setRegisters(random, cpu);
    // Numbers of hypercalls are small: a random register seldom holds one.
    if (random.chance(1, 2)) rig.vcpus[cpu]!.state.setHalves('rax', random.below(64), 0);
    lines.push(`${nameOf(exit)}: ${answerLine(rig, exit, cpu)}`);
  }
  return lines;
}

function answerLine(rig: BackendRig, exit: (typeof EXIT_CATALOGUE)[number], cpu: number): string {
  try {
    const { verdict, effect } = rig.answer(exit, cpu);
    const known = asVerdict(verdict);
    const told = known?.kind === 'fault' ? `fault ${known.problem.code} ${known.problem.message}` : show(verdict);
    return `${told}, ${effect ?? 'no effect'}`;
  } catch (error) {
    return `threw ${describeError(error)}`;
  }
}

export function runRandom(subject: BackendSubject, label: number): Random {
  return new Random(subject.seed).fork(label);
}

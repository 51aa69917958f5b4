import { defineErrors } from '@polyvisor/core';

const hex = (n: number): string => `0x${n.toString(16)}`;
const list = (names: readonly string[]): string => (names.length === 0 ? 'none' : [...names].sort().join(', '));

/** Every error a person who describes or drives a machine can meet. */
export const machineErrors = defineErrors('machine', {
  'unknown-key': (p: { key: string; owner: string }) => ({
    thing: p.key,
    message: `${p.owner} has no setting "${p.key}"`,
    remedy: 'Remove it, or correct its spelling.',
  }),
  'invalid-value': (p: { thing: string; why: string }) => ({
    thing: p.thing,
    message: p.why,
    remedy: 'Give a value that fits the schema.',
  }),
  'unknown-plugin': (p: { role: string; kind: string; known: readonly string[] }) => ({
    thing: p.kind,
    message: `no ${p.role} plugin "${p.kind}" is registered; known: ${list(p.known)}`,
    remedy: 'Pass the plugin to createMachine, or correct the kind.',
  }),
  'duplicate-plugin': (p: { role: string; kind: string }) => ({
    thing: p.kind,
    message: `two ${p.role} plugins are called "${p.kind}"`,
    remedy: 'Pass each plugin once; kinds are unique.',
  }),
  'bad-memory-size': (p: { size: string; why: string }) => ({
    thing: p.size,
    message: `the memory size ${p.size} ${p.why}`,
    remedy: 'Give a multiple of 4 KiB as a number of bytes or as text such as "64MiB".',
  }),
  'bad-layout': (p: { kind: string; why: string }) => ({
    thing: p.kind,
    message: `the backend's memory layout ${p.why}`,
    remedy: 'Correct the backend plugin: ranges are ascending, do not overlap, and add up to the memory size.',
  }),
  'no-placement': (p: { region: string; space: string }) => ({
    thing: p.region,
    message: `nothing says where the ${p.space} region "${p.region}" is`,
    remedy: `Add a base for it under "${p.space}" of the device.`,
  }),
  'unknown-placement': (p: { name: string; space: string; known: readonly string[] }) => ({
    thing: p.name,
    message: `the device has no ${p.space} called "${p.name}"; it has: ${list(p.known)}`,
    remedy: 'Remove it, or correct the name.',
  }),
  'bad-wish': (p: { region: string; why: string }) => ({
    thing: p.region,
    message: `the device's wish for "${p.region}" is wrong: ${p.why}`,
    remedy: 'Correct the plugin, or the configuration that it computes its resources from.',
  }),
  'movable-placed': (p: { region: string }) => ({
    thing: p.region,
    message: `the region "${p.region}" is placed by the guest, not by the description`,
    remedy: 'Remove its base from the description or, in a plugin, "prefer" from its wish.',
  }),
  'no-device-memory': (p: { size: number }) => ({
    thing: `${p.size} bytes`,
    message: `the Host has no ${p.size} contiguous bytes for the device's memory`,
    remedy: 'Make the Host larger, or configure the device with less memory.',
  }),
  outside: (p: { region: string; base: number; size: number; space: string; limit: number }) => ({
    thing: p.region,
    message: `${hex(p.base)} + ${hex(p.size)} is outside the ${p.space} space, which ends at ${hex(p.limit)}`,
    remedy: 'Choose a lower base.',
  }),
  misaligned: (p: { region: string; base: number; align: number }) => ({
    thing: p.region,
    message: `${hex(p.base)} is not a multiple of ${hex(p.align)}`,
    remedy: `Choose a base that is a multiple of ${hex(p.align)}.`,
  }),
  overlap: (p: { region: string; from: number; to: number; other: string }) => ({
    thing: p.region,
    message: `${hex(p.from)}–${hex(p.to)} is already taken by ${p.other}`,
    remedy: 'Move one of the two.',
  }),
  'missing-service': (p: { service: string; token: string }) => ({
    thing: p.service,
    message: `nothing provides "${p.token}"`,
    remedy: 'Pass it in `services` of createMachine, or add a device that provides it.',
  }),
  'ambiguous-service': (p: { service: string; token: string; providers: readonly string[] }) => ({
    thing: p.service,
    message: `"${p.token}" is provided by ${list(p.providers)}`,
    remedy: 'Say which one in the device\'s "services".',
  }),
  'unknown-service-name': (p: { service: string; name: string; token: string; known: readonly string[] }) => ({
    thing: p.name,
    message: `there is no "${p.token}" called "${p.name}"; known: ${list(p.known)}`,
    remedy: 'Correct the name, or pass a service of that name to createMachine.',
  }),
  'service-cycle': (p: { path: readonly string[] }) => ({
    thing: p.path[0] ?? '',
    message: `devices need each other's services in a circle: ${p.path.join(' → ')}`,
    remedy: 'Break the circle: one of them has to get its service from outside.',
  }),
  'no-irq-input': (p: { line: string }) => ({
    thing: p.line,
    message: `nothing says which interrupt input the line "${p.line}" goes to`,
    remedy: 'Add it under "irq" of the device.',
  }),
  'irq-out-of-range': (p: { line: string; gsi: number; inputs: number }) => ({
    thing: p.line,
    message: `input ${p.gsi} does not exist: the interrupt controller has ${p.inputs}`,
    remedy: `Choose an input from 0 to ${p.inputs - 1}.`,
  }),
  'irq-mixed': (p: { line: string; gsi: number; other: string }) => ({
    thing: p.line,
    message: `input ${p.gsi} would have both level and edge lines (${p.other} is the other kind)`,
    remedy: 'Give them inputs of their own; only level lines can share one.',
  }),
  'plugin-failed': (p: { kind: string; why: string }) => ({
    thing: p.kind,
    message: `the plugin failed instead of answering: ${p.why}`,
    remedy: 'The plugin must refuse bad settings in its schema; report this to its author.',
  }),
  'wrong-parts': (p: { kind: string; what: string; missing: readonly string[]; extra: readonly string[] }) => ({
    thing: p.kind,
    message: `the device's ${p.what} are not what it declared; missing: ${list(p.missing)}; undeclared: ${list(p.extra)}`,
    remedy: 'Correct the plugin: `create` returns exactly what `resources` named.',
  }),
  'wrong-state': (p: { action: string; state: string; allowed: readonly string[] }) => ({
    thing: p.action,
    message: `cannot ${p.action} a machine that is ${p.state}`,
    remedy: `Do it while the machine is ${p.allowed.join(' or ')}.`,
  }),
  'snapshot-section': (p: { section: string; why: string }) => ({
    thing: p.section,
    message: `the snapshot's section "${p.section}" ${p.why}`,
    remedy: 'Restore with the plugins and the description the snapshot was made with.',
  }),
});

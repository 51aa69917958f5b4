import { defineErrors } from './problem.ts';

/** Every error that core's own helpers raise. */
export const coreErrors = defineErrors('core', {
  'unit-out-of-range': (p: { unit: string; value: number; max: number }) => ({
    thing: p.unit,
    message: `${p.value} is out of range for ${p.unit}`,
    remedy: `Give an integer from 0 to ${p.max}.`,
  }),
  'service-missing': (p: { token: string }) => ({
    thing: p.token,
    message: `nothing provides the service "${p.token}"`,
    remedy: 'Register it in the scope, or add a device that provides it.',
  }),
  'service-twice': (p: { token: string }) => ({
    thing: p.token,
    message: `the service "${p.token}" is already provided in this scope`,
    remedy: 'Provide it once, or use a child scope to replace it.',
  }),
  'invalid-plugin': (p: { kind: string; why: string }) => ({
    thing: p.kind,
    message: `the plugin "${p.kind}" is not well formed: ${p.why}`,
    remedy: 'Correct the object given to defineDevice, defineCpu, defineMmu or defineBackend.',
  }),
  'snapshot-malformed': (p: { why: string }) => ({
    thing: 'snapshot',
    message: `this is not a Polyvisor snapshot: ${p.why}`,
    remedy: 'Give bytes that encodeSnapshot wrote, complete and unchanged.',
  }),
  'snapshot-version': (p: { section: string; found: number; known: number }) => ({
    thing: p.section,
    message: `the saved state of ${p.section} has version ${p.found}; this build reads version ${p.known}`,
    remedy: 'Restore with the release that saved it, or give the plugin an upgrade for this version.',
  }),
  'snapshot-state': (p: { section: string; why: string }) => ({
    thing: p.section,
    message: `the saved state of ${p.section} does not fit its schema: ${p.why}`,
    remedy: 'Every field must be in the schema and every field of the schema in the state.',
  }),
  'snapshot-refused': (p: { section: string; reason: string }) => ({
    thing: p.section,
    message: `${p.section} cannot be saved: ${p.reason}`,
    remedy: 'Remove the part from the machine, or stop it first.',
  }),
  'snapshot-stateless': (p: { section: string }) => ({
    thing: p.section,
    message: `${p.section} keeps no state, but the snapshot has some for it`,
    remedy: 'Restore into the machine description the snapshot was made from.',
  }),
});

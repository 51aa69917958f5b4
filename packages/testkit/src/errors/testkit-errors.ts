import { defineErrors } from '@polyvisor/core';

/** Every error that the test kit's own helpers raise. */
export const testkitErrors = defineErrors('testkit', {
  'undeclared-access': (p: { kind: string; property: string; ask: string }) => ({
    thing: p.property,
    message: `${p.kind} uses host.${p.property}, which its resources do not ask for`,
    remedy: `Declare it in resources: ${p.ask}.`,
  }),
  'no-fake-service': (p: { name: string; token: string }) => ({
    thing: p.token,
    message: `the test kit has no fake for the service "${p.name}" (${p.token})`,
    remedy: 'Give one in options.services, made anew by each call.',
  }),
  'invalid-config': (p: { kind: string; why: string }) => ({
    thing: p.kind,
    message: `the configuration does not fit ${p.kind}: ${p.why}`,
    remedy: 'Give a configuration that the plugin accepts.',
  }),
  'host-exhausted': (p: { what: string; size: number }) => ({
    thing: p.what,
    message: `the fake host has no room for ${p.size} bytes of ${p.what}`,
    remedy: 'Make the fake host with more frames or more reserved bytes.',
  }),
  'already-mapped': (p: { gfn: number }) => ({
    thing: `frame ${p.gfn}`,
    message: `guest frame ${p.gfn} is mapped already`,
    remedy: 'Unmap it first.',
  }),
  'queue-misuse': (p: { why: string }) => ({
    thing: 'virtqueue',
    message: p.why,
    remedy: 'Correct the test that drives the queue.',
  }),
  'no-region': (p: { name: string }) => ({
    thing: p.name,
    message: `the device returned no region "${p.name}"`,
    remedy: 'Use a name from its resources.',
  }),
});

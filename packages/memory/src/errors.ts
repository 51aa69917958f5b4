import { defineErrors } from '@polyvisor/core';

const hex = (n: number): string => `0x${n.toString(16)}`;

/** Every error that the host memory raises. */
export const memoryErrors = defineErrors('memory', {
  'bad-size': (p: { what: string; given: number; rule: string }) => ({
    thing: p.what,
    message: `${p.what} is ${p.given}, but must be ${p.rule}`,
    remedy: 'Correct the size.',
  }),
  'no-shared-memory': (_: { readonly memory: 'shared' }) => ({
    thing: 'WebAssembly.Memory',
    message: 'this environment has no shared WebAssembly memory',
    remedy:
      'In a browser, serve the page with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp.',
  }),
  'no-address-range': (p: { bytes: number }) => ({
    thing: 'WebAssembly.Memory',
    message: `the environment refuses a memory of ${p.bytes} bytes`,
    remedy: 'Ask for a smaller Host, or close other hosts of this process.',
  }),
  'no-table-space': (p: { owner: string; size: number; free: number }) => ({
    thing: p.owner,
    message: `${p.owner} asks for ${p.size} bytes of table space; the largest free block has ${p.free}`,
    remedy: 'Create the Host with larger `tables`.',
  }),
  'not-reserved': (p: { offset: number }) => ({
    thing: hex(p.offset),
    message: `no reservation begins at offset ${hex(p.offset)}`,
    remedy: 'Release exactly what reserve returned, once.',
  }),
  'no-frames': (p: { wanted: number; free: number }) => ({
    thing: 'frame pool',
    message: `${p.wanted} frames are needed and ${p.free} are free`,
    remedy: 'Give the Host more memory or the guests less.',
  }),
  'bad-range': (p: { gfn: number; count: number }) => ({
    thing: 'guest frames',
    message: `${p.count} frames from ${hex(p.gfn)} on are not within the 2^36 frames of a 4-level table`,
    remedy: 'Give whole, non-negative numbers and a range that fits.',
  }),
  'already-mapped': (p: { gfn: number }) => ({
    thing: `frame ${hex(p.gfn)}`,
    message: `guest frame ${hex(p.gfn)} is already mapped`,
    remedy: 'Unmap it first; a mapping is never replaced silently.',
  }),
  'not-allocated': (p: { mfn: number }) => ({
    thing: `frame ${hex(p.mfn)}`,
    message: `machine frame ${hex(p.mfn)} is not allocated`,
    remedy: 'Map frames that the allocator handed out, and hold a reference for each mapping.',
  }),
});

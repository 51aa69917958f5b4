import { describe, expect, test } from 'vitest';

describe('the browser that specs run in', () => {
  test('is cross-origin isolated, so that WebAssembly memory can be shared', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

    expect(crossOriginIsolated).toBe(true);
    expect(Object.prototype.toString.call(memory.buffer)).toBe('[object SharedArrayBuffer]');
  });
});

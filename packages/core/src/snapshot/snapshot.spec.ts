import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot.ts';
import { openSection, refusesSnapshot, saveSection, stateless, versioned } from './state.ts';

const snapshot = (state: unknown): Snapshot => ({
  format: 'polyvisor',
  version: 1,
  description: { memory: 4096 },
  sections: [{ id: 'devices.a', kind: 'x/y', version: 1, state }],
});

describe('a snapshot', () => {
  test('survives encoding with any plain state', () => {
    const leaf = fc.oneof(fc.integer(), fc.double({ noNaN: true }).filter((n) => !Object.is(n, -0)), fc.string(), fc.boolean(), fc.uint8Array());
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value')), fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), tie('value'), { noNullPrototype: true })),
    }));
    fc.assert(
      fc.property(value, (state) => {
        expect(decodeSnapshot(encodeSnapshot(snapshot(state)))).toEqual(snapshot(state));
      }),
    );
  });

  test('is refused when it is cut, altered in shape, or has two sections of one part', () => {
    const bytes = encodeSnapshot(snapshot({ a: 1 }));
    const twice = snapshot(1);
    const doubled = encodeSnapshot({ ...twice, sections: [...twice.sections, ...twice.sections] });
    for (const bad of [bytes.subarray(0, -1), new Uint8Array(), Uint8Array.of(0x80), doubled]) {
      expect(() => decodeSnapshot(bad)).toThrow(/core\/snapshot-malformed/);
    }
  });
});

describe('a section', () => {
  const spec = versioned(2, z.strictObject({ a: z.int() }), { 1: (old) => ({ a: (old as { b: number }).b }) });
  const section = (version: number, state: unknown) => ({ id: 'p', kind: 'x/y', version, state });

  test('upgrades older versions and refuses unknown ones', () => {
    expect(openSection('p', spec, section(1, { b: 7 }))).toEqual({ a: 7 });
    expect(() => openSection('p', spec, section(3, { a: 7 }))).toThrow(/core\/snapshot-version/);
    expect(() => openSection('p', spec, section(0, { a: 7 }))).toThrow(/core\/snapshot-version/);
  });

  test('refuses missing and left-over fields, when saving and when opening', () => {
    for (const state of [{}, { a: 1, b: 2 }]) {
      expect(() => openSection('p', spec, section(2, state))).toThrow(/core\/snapshot-state/);
      expect(() => saveSection('p', 'x/y', spec, () => state)).toThrow(/core\/snapshot-state/);
    }
    expect(() => openSection('p', spec, undefined)).toThrow(/core\/snapshot-state.*no section/);
  });

  test('exists for no stateless part, and never for one that refuses', () => {
    expect(saveSection('p', 'x/y', stateless, () => 1)).toBeUndefined();
    expect(() => openSection('p', stateless, section(1, 1))).toThrow(/core\/snapshot-stateless/);
    const refusing = refusesSnapshot('it holds an open socket');
    expect(() => saveSection('p', 'x/y', refusing, () => 1)).toThrow(/core\/snapshot-refused: p cannot be saved: it holds an open socket/);
  });
});

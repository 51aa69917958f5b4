import { describe, expect, test } from 'vitest';
import { Scope } from './scope.ts';
import { token } from './token.ts';

const Count = token<number>('test/Count');
const Name = token<string>('test/Name');

describe('a scope', () => {
  test('gives what it or a parent provides, the nearest first', () => {
    const root = Scope.root().provide(Count, 1).provide(Name, 'root');
    const child = root.child().provide(Count, 2);
    expect([child.get(Count), child.get(Name), root.get(Count)]).toEqual([2, 'root', 1]);
    expect(root.child().find(token('test/None'))).toBeUndefined();
  });

  test('shares nothing with other roots: there is no global scope', () => {
    Scope.root().provide(Count, 1);
    expect(Scope.root().has(Count)).toBe(false);
  });

  test('makes a lazy service once, when it is first asked for', () => {
    let made = 0;
    const scope = Scope.root().provideLazily(Count, () => ++made);
    expect(made).toBe(0);
    expect([scope.get(Count), scope.child().get(Count), made]).toEqual([1, 1, 1]);
  });

  test('refuses missing and doubled services by name', () => {
    const scope = Scope.root().provide(Count, 1);
    expect(() => scope.get(Name)).toThrow(/core\/service-missing: nothing provides the service "test\/Name"/);
    expect(() => scope.provide(Count, 2)).toThrow(/core\/service-twice/);
  });

  test('checks the type of a service at compile time', () => {
    // @ts-expect-error a string is no count
    const scope = Scope.root().provide(Count, 'one');
    expect(scope.get(Count)).toBe('one');
  });
});

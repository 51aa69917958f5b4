import { describe, expect, test } from 'vitest';
import { EventPoint } from './event-point.ts';

describe('an event point', () => {
  test('is active exactly while somebody is subscribed', () => {
    const point = new EventPoint<number>('p');
    const seen: number[] = [];
    expect(point.active).toBe(false);
    const a = point.stream.subscribe((n) => seen.push(n));
    const b = point.stream.subscribe((n) => seen.push(n * 10));
    point.emit(1);
    a.unsubscribe();
    expect(point.active).toBe(true);
    b.unsubscribe();
    expect(point.active).toBe(false);
    point.emit(2);
    expect(seen).toEqual([1, 10]);
  });

  test('completes present and later subscribers', () => {
    const point = new EventPoint<number>('p');
    const done: string[] = [];
    point.stream.subscribe({ complete: () => done.push('early') });
    point.complete();
    point.stream.subscribe({ complete: () => done.push('late') });
    expect(done).toEqual(['early', 'late']);
    expect(point.active).toBe(false);
  });

  test('lets a subscriber leave while it is called', () => {
    const point = new EventPoint<number>('p');
    const seen: string[] = [];
    const first = point.stream.subscribe((n) => {
      seen.push(`a${n}`);
      first.unsubscribe();
    });
    point.stream.subscribe((n) => seen.push(`b${n}`));
    point.emit(1);
    point.emit(2);
    expect(seen).toEqual(['a1', 'b1', 'b2']);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyPlain, deepFreeze, findNotPlain, type Plain } from './data.js';

const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => findNotPlain(value) === undefined) as fc.Arbitrary<Plain>;

describe('plain data', () => {
  it('is copied whole and shares nothing', () => {
    fc.assert(
      fc.property(plain, fc.uint8Array(), (value, bytes) => {
        const original = { value, bytes };
        const before = structuredClone(original);
        const copy = copyPlain(original);
        expect(copy).toEqual(original);
        expect(() => deepFreeze(copy.value)).not.toThrow();
        copy.bytes.fill(255);
        expect(original).toEqual(before);
        expect(Object.isFrozen(original)).toBe(false);
      }),
    );
  });

  it.each([
    [undefined, '$: undefined is not plain data'],
    [NaN, '$: number is not finite'],
    [-0, '$: -0 is not plain data'],
    ['\ud800', '$: string has a lone surrogate'],
    [{ a: [1, new Map()] }, '$.a[1]: object has a prototype of its own'],
    [{ a: undefined }, '$.a: undefined is not plain data'],
    [JSON.parse('{"__proto__": 1}'), '$: __proto__ is no name for a field'],
    [() => 1, '$: function is not plain data'],
  ])('refuses %s', (value, fault) => {
    expect(findNotPlain(value)).toBe(fault);
  });

  it('has a bound on its depth', () => {
    let deep: Plain = 1;
    for (let i = 0; i < 100; i++) deep = [deep];
    expect(findNotPlain(deep)).toContain('nested too deeply');
  });

  it('copies a view of a buffer into memory of its own', () => {
    const pool = Buffer.from('abc');
    const copy = copyPlain<Uint8Array>(pool);
    pool[0] = 0;
    expect(copy).toEqual(new Uint8Array([97, 98, 99]));
    expect(copy.constructor).toBe(Uint8Array);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { copyIfPlain, copyPlain, deepFreeze, findNotPlain, isPlain, NOT_PLAIN, type Plain } from './data.js';

const plain = fc.jsonValue({ maxDepth: 4 }).filter((value) => findNotPlain(value) === undefined) as fc.Arbitrary<Plain>;

describe('plain data', () => {
  it('is copied in the walk that tells whether it is plain', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        const copy = copyIfPlain(value);
        if (copy === NOT_PLAIN) expect(isPlain(value)).toBe(false);
        else expect([isPlain(value), copy]).toEqual([true, copyPlain(value)]);
      }),
    );
    fc.assert(
      fc.property(plain, (value) => {
        const copy = copyIfPlain({ value });
        expect(copy).toEqual({ value });
        if (copy !== NOT_PLAIN && typeof value === 'object' && value !== null) expect(copy.value).not.toBe(value);
      }),
    );
  });

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
    [{ a: [1, new Map()] }, '$.a[1]: an instance of Map is not plain data'],
    [{ a: undefined }, '$.a: undefined is not plain data'],
    [JSON.parse('{"__proto__": 1}'), '$: __proto__ is no name for a field'],
    [() => 1, '$: function is not plain data'],
    [{ at: new Date(0) }, '$.at: an instance of Date is not plain data'],
    [{ seen: new Set() }, '$.seen: an instance of Set is not plain data'],
    [new (class Point {})(), '$: an instance of Point is not plain data'],
    [Object.create({}), '$: an object with a prototype of its own is not plain data'],
    [Object.create(Object.create(null) as object), '$: an object with a prototype of its own is not plain data'],
    [{ n: 1n }, '$.n: bigint is not plain data'],
    [{ s: Symbol('s') }, '$.s: symbol is not plain data'],
    [[1, , 3], '$[1]: undefined is not plain data'],
  ])('refuses %s', (value, fault) => {
    expect(findNotPlain(value)).toBe(fault);
    expect(isPlain(value)).toBe(false);
  });

  it('is told quickly as it is told with its place', () => {
    fc.assert(fc.property(fc.anything(), (value) => isPlain(value) === (findNotPlain(value) === undefined)));
    fc.assert(fc.property(plain, (value) => isPlain({ value, none: null, bytes: new Uint8Array(1) })));
  });

  it('has a bound on its depth', () => {
    let deep: Plain = 1;
    for (let i = 0; i < 100; i++) deep = [deep];
    expect(findNotPlain(deep)).toContain('nested too deeply');
    expect(isPlain(deep)).toBe(false);
  });

  it('copies a view of a buffer into memory of its own', () => {
    const pool = Buffer.from('abc');
    const copy = copyPlain<Uint8Array>(pool);
    pool[0] = 0;
    expect(copy).toEqual(new Uint8Array([97, 98, 99]));
    expect(copy.constructor).toBe(Uint8Array);
  });
});

import fc from 'fast-check';

/**
 * Sublists of a list, in its order. They shrink towards the empty list by leaving out ever smaller pieces, halves first; so of a
 * long list with few entries that matter the rest goes quickly.
 */
class SublistArbitrary<T> extends fc.Arbitrary<readonly T[]> {
  constructor(private readonly items: readonly T[]) {
    super();
  }

  generate(random: fc.Random): fc.Value<readonly T[]> {
    return new fc.Value(
      this.items.filter(() => random.nextInt(0, 1) === 1),
      undefined,
    );
  }

  /** Any sublist can be shrunk, wherever it came from. */
  canShrinkWithoutContext(value: unknown): value is readonly T[] {
    return Array.isArray(value) && value.every((item) => this.items.includes(item as T));
  }

  shrink(value: readonly T[]): fc.Stream<fc.Value<readonly T[]>> {
    return fc.stream(smallerLists(value)).map((list) => new fc.Value(list, undefined));
  }
}

function* smallerLists<T>(list: readonly T[]): IterableIterator<readonly T[]> {
  for (let size = list.length; size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
    for (let from = 0; from < list.length; from += size) {
      yield [...list.slice(0, from), ...list.slice(from + size)];
    }
  }
}

export function sublists<T>(items: readonly T[]): fc.Arbitrary<readonly T[]> {
  return new SublistArbitrary(items);
}

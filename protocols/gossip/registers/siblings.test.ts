import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  covers,
  findSiblingFault,
  mergeSiblings,
  textOfVector,
  writeSibling,
  type SiblingSet,
  type Vector,
} from './siblings.js';

const NODES = ['n1', 'n2', 'n3'] as const;
const NOTHING: SiblingSet = { vector: [], siblings: [] };

/** What happens to three replicas: a write that had seen all that its replica holds or nothing, a deletion, or a merge of one into another. */
const script = fc.array(
  fc.record({
    at: fc.nat({ max: 2 }),
    from: fc.nat({ max: 2 }),
    what: fc.constantFrom('read-and-write', 'write-blindly', 'delete', 'merge'),
  }),
  { maxLength: 30 },
);

interface Event {
  readonly node: string;
  readonly count: number;
  readonly seen: Vector;
}

function play(steps: typeof script extends fc.Arbitrary<infer S> ? S : never): {
  readonly replicas: SiblingSet[];
  readonly events: Event[];
} {
  const replicas = NODES.map(() => NOTHING);
  const events: Event[] = [];
  steps.forEach(({ at, from, what }, n) => {
    const mine = replicas[at] ?? NOTHING;
    if (what === 'merge') {
      replicas[at] = mergeSiblings(mine, replicas[from] ?? NOTHING);
      return;
    }
    const seen = what === 'write-blindly' ? [] : mine.vector;
    const node = NODES[at] ?? 'n1';
    const after = writeSibling(mine, node, seen, { value: n, deleted: what === 'delete' });
    replicas[at] = after;
    events.push({ node, count: after.vector.find((entry) => entry.node === node)?.count ?? 0, seen });
  });
  return { replicas, events };
}

describe('siblings', () => {
  it('merge commutatively, associatively and idempotently', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const [a = NOTHING, b = NOTHING, c = NOTHING] = play(steps).replicas;
        expect(mergeSiblings(a, b)).toEqual(mergeSiblings(b, a));
        expect(mergeSiblings(a, mergeSiblings(b, c))).toEqual(mergeSiblings(mergeSiblings(a, b), c));
        expect(mergeSiblings(a, a)).toBe(a);
      }),
    );
  });

  it('are exactly the writes that no other write had seen', () => {
    fc.assert(
      fc.property(script, (steps) => {
        const { replicas, events } = play(steps);
        const all = replicas.reduce(mergeSiblings, NOTHING);
        const expected = events.filter((one) => !events.some(({ seen }) => covers(seen, one)));
        const name = ({ node, count }: { node: string; count: number }): string => `${node}:${count}`;
        expect(all.siblings.map(name).sort()).toEqual(expected.map(name).sort());
        expect(findSiblingFault(all)).toBeUndefined();
      }),
    );
  });

  it('never come back where they were replaced', () => {
    const first = writeSibling(NOTHING, 'n1', [], { value: 'a', deleted: false });
    const second = writeSibling(first, 'n2', first.vector, { value: 'b', deleted: false });
    expect(mergeSiblings(second, first)).toBe(second);
    const deleted = writeSibling(second, 'n1', second.vector, { value: null, deleted: true });
    expect(mergeSiblings(first, deleted)).toBe(deleted);
    expect(textOfVector(deleted.vector)).toBe('n1:2,n2:1');
  });

  it.each([
    [
      {
        vector: [
          { node: 'b', count: 1 },
          { node: 'a', count: 1 },
        ],
        siblings: [],
      },
      /each node once/,
    ],
    [{ vector: [{ node: 'a', count: 0 }], siblings: [] }, /count from 1/],
    [{ vector: [], siblings: [{ node: 'a', count: 1, value: 1, deleted: false }] }, /not among what was seen/],
    [
      { vector: Array.from({ length: 129 }, (_, n) => ({ node: `n${1000 + n}`, count: 1 })), siblings: [] },
      /more than 128/,
    ],
  ])('from outside are checked (%#)', (set, fault) => {
    expect(findSiblingFault(set)).toMatch(fault);
  });
});

import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { changeSimply, enterJoint, leaveJoint, type ConfigurationChange } from './changer.js';
import {
  committedIndex,
  configurationOf,
  isJoint,
  isQuorum,
  membersOf,
  voteResult,
  type Configuration,
} from './configuration.js';

const NODES = Object.freeze(['a', 'b', 'c', 'd', 'e', 'f']);
const change: fc.Arbitrary<ConfigurationChange> = fc.record({
  change: fc.constantFrom('add-voter', 'add-learner', 'remove'),
  node: fc.constantFrom(...NODES),
});
const changes = fc.array(change, { minLength: 1, maxLength: 4 });

const decides = ({ voters, outgoing }: Configuration, yes: ReadonlySet<string>): boolean =>
  [voters, outgoing].every(
    (half) => half.length === 0 || 2 * half.filter((node) => yes.has(node)).length > half.length,
  );

function subsets(): ReadonlySet<string>[] {
  return Array.from({ length: 2 ** NODES.length }, (_, bits) => new Set(NODES.filter((_node, n) => (bits >> n) % 2)));
}
const SUBSETS = subsets();

/** No two disjoint sets of nodes decide, one in either configuration. */
function overlap(one: Configuration, other: Configuration): boolean {
  return SUBSETS.every((yes) => {
    const rest = new Set(NODES.filter((node) => !yes.has(node)));
    return !(decides(one, yes) && decides(other, rest));
  });
}

/** Every configuration that some steps lead to, with the one before. */
function walk(steps: readonly { readonly how: number; readonly changes: readonly ConfigurationChange[] }[]) {
  let configuration = configurationOf(['a', 'b', 'c']);
  return steps.flatMap(({ how, changes: list }) => {
    const before = configuration;
    const after =
      how === 0 ? changeSimply(before, list) : how === 1 ? enterJoint(before, list, false) : leaveJoint(before);
    if ('fault' in after) return [];
    configuration = after;
    return [{ before, after }];
  });
}
const steps = fc.array(fc.record({ how: fc.nat(2), changes }), { maxLength: 12 });

describe('configurations', () => {
  it('that follow each other have no two disjoint quorums', () => {
    fc.assert(
      fc.property(steps, (given) => {
        for (const { before, after } of walk(given)) expect(overlap(before, after)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('keep their invariants', () => {
    fc.assert(
      fc.property(steps, (given) => {
        for (const { after } of walk(given)) {
          const { voters, outgoing, learners, learnersNext, autoLeave } = after;
          for (const list of [voters, outgoing, learners, learnersNext]) {
            expect(list).toEqual([...new Set(list)].sort());
          }
          expect(voters.length).toBeGreaterThan(0);
          expect(learners.some((node) => voters.includes(node) || outgoing.includes(node))).toBe(false);
          expect(learnersNext.every((node) => outgoing.includes(node) && !voters.includes(node))).toBe(true);
          if (!isJoint(after)) expect({ learnersNext, autoLeave }).toEqual({ learnersNext: [], autoLeave: false });
          expect(membersOf(after)).toEqual([...new Set([...voters, ...outgoing, ...learners])].sort());
        }
      }),
      { numRuns: 300 },
    );
  });

  it('commit what a majority of each half has reached, and nothing beyond', () => {
    const halves = fc.record({
      voters: fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 1 }),
      outgoing: fc.uniqueArray(fc.constantFrom(...NODES)),
      reached: fc.array(fc.nat(6), { minLength: NODES.length, maxLength: NODES.length }),
    });
    fc.assert(
      fc.property(halves, ({ voters, outgoing, reached }) => {
        const configuration = { ...configurationOf(voters), outgoing };
        const reachedBy = (node: string): number => reached[NODES.indexOf(node)] ?? 0;
        const index = committedIndex(configuration, reachedBy);
        const holdersOf = (least: number) => new Set(NODES.filter((node) => reachedBy(node) >= least));
        expect(decides(configuration, holdersOf(index))).toBe(true);
        expect(decides(configuration, holdersOf(index + 1))).toBe(false);
      }),
    );
  });

  it('are won where a quorum says yes, and lost where none can any more', () => {
    const given = fc.record({
      voters: fc.uniqueArray(fc.constantFrom(...NODES), { minLength: 1 }),
      outgoing: fc.uniqueArray(fc.constantFrom(...NODES)),
      votes: fc.array(fc.constantFrom(true, false, undefined), { minLength: NODES.length, maxLength: NODES.length }),
    });
    fc.assert(
      fc.property(given, ({ voters, outgoing, votes }) => {
        const configuration = { ...configurationOf(voters), outgoing };
        const known = new Map(NODES.flatMap((node, n) => (votes[n] === undefined ? [] : [[node, votes[n]] as const])));
        const yes = new Set(NODES.filter((node) => known.get(node) === true));
        const possible = new Set(NODES.filter((node) => known.get(node) !== false));
        const expected = decides(configuration, yes) ? 'won' : decides(configuration, possible) ? 'pending' : 'lost';
        expect(voteResult(configuration, known)).toBe(expected);
        expect(isQuorum(configuration, (node) => yes.has(node))).toBe(decides(configuration, yes));
      }),
    );
  });
});

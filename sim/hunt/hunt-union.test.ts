import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BadInputError } from '../artifact/bad-input.js';
import type { Scenario, ScenarioReference } from '../scenario.js';
import { huntDocument, type HuntDocument } from './document.js';
import { HuntState } from './hunt-state.js';
import type { Job } from './job.js';
import { mergeDocuments, readDocuments } from './merge-documents.js';
import { StateDictionary } from './packed-states.js';
import { ScenarioHunt, type HuntRules } from './scenario-hunt.js';
import type { RunSummary, SeedOutcome } from './seed-outcome.js';
import { shardRange, type Shard } from './shard.js';

const folder = mkdtempSync(join(tmpdir(), 'orrery-union-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;

const reference: ScenarioReference = { module: 'file:///nowhere.js', export: 'none', params: {} };
const scenario = {
  name: 'made-up',
  properties: { always: {}, eventually: {}, sometimes: { rare: () => ({}), common: () => ({}) } },
  sometimesAfterSeeds: 20,
} as unknown as Scenario;

/** What a seed comes to: the same whoever runs it, and whenever. */
function outcomeOf(seed: number, failsEvery: number): SeedOutcome {
  const mixed = Math.imul(seed, 0x9e3779b1) >>> 0;
  const verdict = mixed % failsEvery === 0 ? (mixed % 7 === 0 ? 'died' : 'failed') : 'passed';
  const run: RunSummary = {
    ...{
      seed,
      fingerprint: mixed.toString(16).padStart(16, '0'),
      steps: mixed % 100,
      simulatedMs: 10,
      wallMs: 1,
      verdict,
    },
    violations: verdict === 'passed' ? [] : [{ property: 'p', kind: 'always', step: 'n1:1', atMs: 1, message: 'm' }],
    reached: { rare: Number(mixed % 41 === 0), common: 1 },
    ...(verdict === 'passed' ? {} : { failureGroup: `p (${mixed % 5})` }),
  };
  // Ascending, some reached by most, some by few.
  const states = [1, 2 + (mixed % 3), 100 + (mixed % 50), 0xffff_0000 + (mixed % 4_000)];
  return { run, states };
}

function rulesOf(seeds: HuntRules['seeds'], failuresWanted: number, shard: Shard | undefined): HuntRules {
  return {
    ...{ seeds, failuresWanted, placement: { kind: 'inline' }, verify: 'tenth', isGuarded: true },
    limits: { timeoutMs: 1000 },
    ...(shard === undefined ? {} : { shard }),
  };
}

interface Course {
  readonly workers: number;
  /** Which of the jobs under way ends next. */
  readonly picks: readonly number[];
  readonly failsEvery: number;
}

/** Hunts with so many workers, which end in any order; after `jobs` of them the hunt is interrupted. */
function huntUntil(rules: HuntRules, course: Course, jobs: number, state: HuntState | undefined): HuntDocument {
  const runs: RunSummary[] = [];
  const dealt = new Set<number>();
  const one = new ScenarioHunt(
    scenario,
    reference,
    rules,
    ({ run }) => runs.push(run),
    (outcomes) => state?.add('made-up', outcomes),
  );
  one.resume(state?.outcomesOf('made-up') ?? []);
  const underWay: Job[] = [];
  for (let ended = 0; ended < jobs; ended++) {
    while (underWay.length < course.workers) {
      const job = one.nextJob();
      if (job === undefined || job === 'wait') break;
      for (const seed of job.seeds) {
        expect(dealt.has(seed)).toBe(false);
        dealt.add(seed);
      }
      underWay.push(job);
    }
    const [job] = underWay.splice(course.picks[ended % course.picks.length]! % Math.max(1, underWay.length), 1);
    if (job === undefined) break;
    const outcomes = job.seeds.map((seed) => outcomeOf(seed, course.failsEvery));
    const bad = outcomes.findIndex(({ run }) => run.verdict !== 'passed');
    one.finish(job, { outcomes: job.stopsAtFailure && bad >= 0 ? outcomes.slice(0, bad + 1) : outcomes }, 30);
  }
  one.reduction.flush();
  const { totals, ending, sometimes } = one;
  const report = {
    ...{ scenario: { name: 'made-up', reference }, placement: rules.placement, workers: 1, totals, ending, sometimes },
    ...{ groups: one.reduction.groups, reached: one.reduction.reached, missing: one.missing(), wallMs: 1 },
    ...{ confidence: one.reduction.confidence, census: one.reduction.census },
  };
  return huntDocument(report, { ...rules, placement: 'inline', build: 'b' }, runs);
}

/** Interrupts and goes on, again and again; what was written last may be torn. */
function huntInPieces(rules: HuntRules, course: Course, pieces: readonly number[], tornBytes: number): HuntDocument {
  const file = join(folder, `${++files}.state`);
  for (const jobs of pieces) {
    const state = HuntState.open(file, { hunt: 'this' });
    huntUntil(rules, course, jobs, state);
    state.close();
    const headerBytes = readFileSync(file, 'utf8').indexOf('\n') + 1;
    truncateSync(file, Math.max(headerBytes, readFileSync(file).length - tornBytes));
  }
  const state = HuntState.open(file, { hunt: 'this' });
  const document = huntUntil(rules, course, Infinity, state);
  state.close();
  rmSync(file);
  return document;
}

const ranges = fc
  .tuple(fc.nat(1000), fc.integer({ min: 1, max: 200 }))
  .map(([first, n]) => ({ first, last: first + n - 1 }));
const courses = fc.record({
  workers: fc.integer({ min: 1, max: 6 }),
  picks: fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }),
  failsEvery: fc.constantFrom(3, 11, 40, 1_000_000),
});
const wanted = fc.constantFrom(1, 2, 4, Infinity);
const piecesOf = fc.array(fc.nat(12), { maxLength: 4 });

describe('whatever way a hunt is carried out', () => {
  it('interrupted and resumed, with any number of workers, it comes to the same', () => {
    fc.assert(
      fc.property(ranges, courses, wanted, piecesOf, fc.nat(400), (seeds, course, failures, pieces, tornBytes) => {
        const rules = rulesOf(seeds, failures, undefined);
        const whole = huntUntil(rules, { ...course, workers: 1, picks: [0] }, Infinity, undefined);
        expect(huntInPieces(rules, course, pieces, tornBytes)).toEqual(whole);
      }),
      { numRuns: 60 },
    );
  });

  it('in shards, each interrupted and resumed, and merged, it comes to the same', () => {
    const shardCounts = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(ranges, courses, wanted, shardCounts, piecesOf, (seeds, course, failures, of, pieces) => {
        const single = huntUntil(rulesOf(seeds, failures, undefined), course, Infinity, undefined);
        const parts = Array.from({ length: of }, (_, n) => {
          const rules = rulesOf(seeds, failures, { index: n + 1, of });
          const document = huntInPieces(rules, course, pieces, 0);
          expect(document.missing).toEqual([]);
          const text = JSON.stringify(document);
          return { file: `${n + 1}.json`, documents: readDocuments(`${n + 1}.json`, text) };
        });
        const [merged] = mergeDocuments([...parts].reverse());
        const expected = JSON.parse(JSON.stringify(single)) as HuntDocument;
        // Shards run more seeds than the whole where it ends with a failure: what was not seen is then told of more runs.
        const confidence = failures === Infinity ? expected.confidence : merged!.confidence;
        expect({ ...merged, workers: 1 }).toEqual({ ...expected, confidence });
      }),
      { numRuns: 60 },
    );
  });

  it('deals each seed to exactly one shard', () => {
    fc.assert(
      fc.property(ranges, fc.integer({ min: 1, max: 300 }), (seeds, of) => {
        const all: number[] = [];
        for (let index = 1; index <= of; index++) {
          const { first, last } = shardRange(seeds, { index, of });
          for (let seed = first; seed <= last; seed++) all.push(seed);
        }
        expect(all).toEqual(Array.from({ length: seeds.last - seeds.first + 1 }, (_, n) => seeds.first + n));
      }),
    );
  });
});

describe('the state of a hunt', () => {
  const opened = (identity: Readonly<Record<string, string>>, file: string): HuntState =>
    HuntState.open(file, identity);

  it('is not taken for that of another hunt', () => {
    const file = join(folder, 'other.state');
    opened({ '--seeds': '1..10' }, file).close();
    expect(() => opened({ '--seeds': '1..20' }, file)).toThrow(BadInputError);
    expect(() => opened({ '--seeds': '1..20' }, file)).toThrow('begun with --seeds 1..10, and it is 1..20 now');
  });

  it('is refused where it is damaged before its last line', () => {
    const file = join(folder, 'damaged.state');
    const state = opened({}, file);
    state.add('made-up', [outcomeOf(1, 3)]);
    state.close();
    appendFileSync(file, '{"half":\n{"more":1}\n');
    expect(() => opened({}, file)).toThrow(/line 3: .* damaged/);
  });

  it('is refused where its states are damaged', () => {
    const file = join(folder, 'damaged-states.state');
    const state = opened({}, file);
    state.add('made-up', [outcomeOf(1, 1_000_000)]);
    state.close();
    const damaged = readFileSync(file, 'utf8').replace(/"known":""/, '"known":"Zg=="');
    writeFileSync(file, damaged);
    expect(() => opened({}, file)).toThrow(/line 2: these are no states/);
  });

  it('holds states exactly', () => {
    const state32 = fc.integer({ min: 0, max: 0xffff_ffff });
    const sets = fc.uniqueArray(state32, { maxLength: 40 }).map((states) => states.sort((a, b) => a - b));
    fc.assert(
      fc.property(fc.array(sets, { maxLength: 6 }), (runs) => {
        const written = new StateDictionary();
        const read = new StateDictionary();
        const texts = runs.map((states) => written.pack(states));
        const decoded = texts.map((packed) => read.read(packed));
        expect(decoded.map((statesOf) => statesOf?.())).toEqual(runs);
      }),
    );
  });
});

describe('documents that cannot be merged', () => {
  const documentOf = (shard: Shard, seeds = { first: 1, last: 50 }): { file: string; documents: HuntDocument[] } => {
    const course = { workers: 1, picks: [0], failsEvery: 11 };
    const file = `${shard.index}.json`;
    return { file, documents: [huntUntil(rulesOf(seeds, Infinity, shard), course, Infinity, undefined)] };
  };
  const first = documentOf({ index: 1, of: 2 });

  it.each([
    ['one is missing', [first], 'shards 2/2 are missing'],
    ['one is there twice', [first, first], 'shard 1/2 is in 1.json already'],
    ['another range', [first, documentOf({ index: 2, of: 2 }, { first: 1, last: 60 })], '2.json: made-up: seeds'],
    [
      'another number of shards',
      [first, documentOf({ index: 2, of: 3 })],
      '2.json: made-up: shards 3, but 2 in 1.json',
    ],
  ])('%s', (_what, parts, message) => {
    expect(() => mergeDocuments(parts)).toThrow(message);
  });
});

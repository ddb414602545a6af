import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Plain } from '../../runtime/data.js';
import { LogTrial, recoverImage, type TrialWrite } from './log-trial.fixture.js';

/** So small that a few writes fill a segment and a few segments make a checkpoint. */
const SMALL_LOG = { segmentBytes: 200, checkpointBytes: 500, batchBytes: 150 };

const judge = (expected: unknown, found: unknown): void => expect(found).toEqual(expected);

const plain: fc.Arbitrary<Plain> = fc.oneof(
  fc.integer(),
  fc.constantFrom<Plain>(null, true, '', 'žluťoučký', 1.5, 2 ** 53 - 1, -(2 ** 40)),
  fc.uint8Array({ maxLength: 60 }),
  fc.record({ term: fc.nat(9), command: fc.array(fc.string({ unit: 'grapheme', maxLength: 9 }), { maxLength: 3 }) }),
);

const write: fc.Arbitrary<TrialWrite> = fc.oneof(
  fc.record({ kind: fc.constantFrom('put' as const, 'delete' as const), cell: fc.nat(2), value: plain }),
  fc.record({ kind: fc.constant('append' as const), value: plain }),
  fc.record({ kind: fc.constant('snapshot' as const), value: plain }),
  fc.record({ kind: fc.constantFrom('truncate' as const, 'compact' as const), back: fc.integer({ min: -2, max: 4 }) }),
);

type Command =
  | { readonly kind: 'write'; readonly actor: number; readonly writes: readonly TrialWrite[] }
  | { readonly kind: 'run'; readonly callbacks: number }
  | { readonly kind: 'crash'; readonly of: 'power' | 'process' }
  | { readonly kind: 'fail-syncs'; readonly ofDirectoryOnly: boolean; readonly callbacks: number };

const COMMANDS: readonly fc.WeightedArbitrary<Command>[] = [
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      actor: fc.nat(1),
      writes: fc.array(write, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('run' as const), callbacks: fc.integer({ min: 1, max: 12 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('crash' as const),
      of: fc.constantFrom('power' as const, 'power' as const, 'process' as const),
    }),
  },
];
const command = fc.oneof(...COMMANDS);

const commandOrFailure = fc.oneof(...COMMANDS, {
  weight: 1,
  arbitrary: fc.record({
    kind: fc.constant('fail-syncs' as const),
    ofDirectoryOnly: fc.boolean(),
    callbacks: fc.integer({ min: 1, max: 8 }),
  }),
});

function obey(trial: LogTrial, commands: readonly Command[]): void {
  for (const given of commands) {
    if (given.kind === 'write') trial.write(given.actor, given.writes);
    else if (given.kind === 'run') trial.run(given.callbacks);
    else if (given.kind === 'fail-syncs')
      trial.failSyncs(given.ofDirectoryOnly ? { directorySyncFails: true } : { syncFails: true }, given.callbacks);
    else trial.crash(given.of);
  }
}

describe('the write-ahead log on a disk that crashes', () => {
  test('keeps what it reported durable, and a prefix of what was written', () => {
    const seen = { recoveries: 0, tornTails: 0, lostRecords: 0, unreportedRecords: 0, checkpoints: 0, snapshots: 0 };
    fc.assert(
      fc.property(fc.integer(), fc.array(command, { maxLength: 60, size: 'max' }), (seed, commands) => {
        const trial = new LogTrial({ seed, log: SMALL_LOG, judge });
        trial.settle();
        obey(trial, commands);
        trial.crash('power');
        trial.settle();
        expect(trial.failure).toBeUndefined();
        expect(trial.durableLsn).toBe(trial.model.lastLsn);
        const files = [...trial.disk.snapshotBytes().keys()];
        seen.recoveries += trial.seen.recoveries;
        seen.tornTails += trial.seen.tornTails;
        seen.lostRecords += trial.seen.lostRecords;
        seen.unreportedRecords += trial.seen.unreportedRecords;
        seen.checkpoints += files.filter((file) => file.startsWith('checkpoint-')).length;
        seen.snapshots += files.filter((file) => file.startsWith('snapshot-')).length;
        expect(files.filter((file) => file.endsWith('.tmp'))).toEqual([]);
      }),
      { seed: 2024, numRuns: 400 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(40);
  });

  test('loses nothing that it reported durable where syncs of files and of the directory fail', () => {
    const seen = { failedSyncs: 0, lostRecords: 0, recoveries: 0 };
    fc.assert(
      fc.property(fc.integer(), fc.array(commandOrFailure, { maxLength: 60, size: 'max' }), (seed, commands) => {
        const trial = new LogTrial({ seed, log: SMALL_LOG, judge });
        trial.settle();
        obey(trial, commands);
        trial.crash('power');
        trial.settle();
        expect(trial.failure).toBeUndefined();
        expect(trial.durableLsn).toBe(trial.model.lastLsn);
        seen.failedSyncs += trial.seen.failedSyncs;
        seen.lostRecords += trial.seen.lostRecords;
        seen.recoveries += trial.seen.recoveries;
      }),
      { seed: 2025, numRuns: 400 },
    );
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(40);
  });

  test('a changed byte is refused or was never durable, at every place of every file', () => {
    const outcomes = { refused: 0, unharmed: 0 };
    fc.assert(
      fc.property(fc.integer(), fc.array(command, { minLength: 10, maxLength: 40, size: 'max' }), (seed, commands) => {
        const trial = new LogTrial({ seed, log: SMALL_LOG, judge });
        trial.settle();
        obey(trial, commands);
        trial.disk.crash('power');
        const image = trial.disk.snapshotBytes();
        const { durableLsn, model } = trial;
        for (const [file, bytes] of image) {
          for (let at = 0; at < bytes.length; at++) {
            const changed = bytes.slice();
            changed[at]! ^= 1 << ((at + seed) & 7);
            const where = `${file} byte ${at}`;
            const outcome = recoverImage(new Map([...image, [file, changed]]), SMALL_LOG);
            if ('failure' in outcome) {
              expect(outcome.failure, where).toMatch(/ at byte \d+: .*Restore the whole directory/);
              outcomes.refused++;
              continue;
            }
            const { lastLsn, incarnation, actors } = outcome.found;
            expect(lastLsn, where).toBeGreaterThanOrEqual(durableLsn);
            expect({ incarnation, actors }, where).toEqual(model.stateAt(lastLsn));
            outcomes.unharmed++;
          }
        }
      }),
      { seed: 7, numRuns: 12 },
    );
    expect(outcomes.refused).toBeGreaterThan(1000);
    expect(outcomes.unharmed).toBeGreaterThan(10);
  });
});

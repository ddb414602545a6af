import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AssertionFailure } from '../../runtime/assert.js';
import { ActiveDiskFaults, type DiskFaultStart } from '../faults/active-disk-faults.js';
import { LogTrial, recoverImage, type TrialWrite } from './log-trial.fixture.js';

// After every fault a node either recovers all that it acknowledged, or refuses loudly. Records are as large as sectors, so that batches
// end within them, on their borders, and span several.

const LOG = { segmentBytes: 6_000, checkpointBytes: 20_000, batchBytes: 4_000 };

const judge = (expected: unknown, found: unknown): void => expect(found).toEqual(expected);

const value = fc
  .record({ length: fc.oneof(fc.nat(40), fc.nat(1_800), fc.nat(9_000)), fill: fc.constantFrom(0, 1, 7, 255) })
  .map(({ length, fill }) => new Uint8Array(length).map((_, at) => (fill === 255 ? (at * 31) & 255 : fill)));

const write: fc.Arbitrary<TrialWrite> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), cell: fc.nat(2), value }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('append' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot' as const), value }) },
);

type Command =
  | { readonly kind: 'write'; readonly writes: readonly TrialWrite[] }
  | { readonly kind: 'run'; readonly callbacks: number }
  | { readonly kind: 'crash' };

const steps = (maxLength: number, crashes: number): fc.Arbitrary<readonly Command[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('write' as const),
          writes: fc.array(write, { minLength: 1, maxLength: 2 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('run' as const), callbacks: fc.integer({ min: 1, max: 9 }) }),
      },
      { weight: crashes, arbitrary: fc.constant({ kind: 'crash' as const }) },
    ),
    { maxLength, size: 'max' },
  );

/** More sectors of zeros in one record than it can count: then a torn write cannot be told from damage. */
function hasManyZeros({ before, during, after }: Lives): boolean {
  return [...before, ...during, ...after].some(
    (command) => command.kind === 'write' && command.writes.some((made) => isZeros('value' in made ? made.value : 0)),
  );
}

function isZeros(made: unknown): boolean {
  return made instanceof Uint8Array && made.length > 900 && made[0] === 0;
}

function obey(trial: LogTrial, commands: readonly Command[]): void {
  for (const command of commands) {
    if (trial.failure !== undefined) return;
    if (command.kind === 'write') trial.write(0, command.writes);
    else if (command.kind === 'run') trial.run(command.callbacks);
    else trial.crash('power');
  }
}

interface Lives {
  readonly seed: number;
  readonly before: readonly Command[];
  readonly during: readonly Command[];
  readonly after: readonly Command[];
}

/** What came of a run: everything acknowledged was there, the log refused, or something acknowledged was gone without a word. */
type Outcome =
  { readonly kind: 'whole' | 'lost'; readonly trial: LogTrial } | { readonly kind: 'refused'; readonly reason: string };

function live(faults: DiskFaultStart, { seed, before, during, after }: Lives, honestLast: boolean): Outcome {
  const trial = new LogTrial({ seed, log: LOG, judge });
  const active = new ActiveDiskFaults(trial.disk);
  trial.settle();
  try {
    obey(trial, before);
    active.add('fault-1', faults);
    obey(trial, during);
    if (honestLast) {
      trial.settle();
      active.remove('fault-1');
    }
    obey(trial, after);
    if (honestLast) {
      trial.write(0, [{ kind: 'append', value: 1 }]);
      trial.settle();
    }
    if (trial.failure === undefined) trial.crash('power');
    trial.settle();
  } catch (error) {
    if (error instanceof AssertionFailure && error.message.includes('was reported durable'))
      return { kind: 'lost', trial };
    throw error;
  }
  if (trial.failure === undefined) expect(trial.durableLsn).toBe(trial.model.lastLsn);
  return trial.failure === undefined ? { kind: 'whole', trial } : { kind: 'refused', reason: trial.failure };
}

interface Tally {
  whole: number;
  refused: number;
  lost: number;
  tornTails: number;
  /** Refused, and there were records of zeros. */
  zeros: number;
}

function tally(faults: DiskFaultStart, options: { runs: number; crashes: number; honestLast: boolean }): Tally {
  const seen: Tally = { whole: 0, refused: 0, lost: 0, tornTails: 0, zeros: 0 };
  const lives = fc.record({
    seed: fc.integer(),
    before: steps(12, 1),
    during: steps(14, options.crashes),
    after: steps(6, 0),
  });
  fc.assert(
    fc.property(lives, (given) => {
      const outcome = live(faults, given, options.honestLast);
      if (outcome.kind === 'refused' && hasManyZeros(given)) seen.zeros++;
      else seen[outcome.kind]++;
      if (outcome.kind === 'refused')
        expect(outcome.reason).toMatch(
          / at byte \d+: .*Restore the whole directory|Nothing has been changed; look after/,
        );
      else seen.tornTails += outcome.trial.seen.tornTails;
    }),
    { seed: 31, numRuns: options.runs },
  );
  return seen;
}

describe('what a loss of power may leave', () => {
  test.each<[string, DiskFaultStart]>([
    ['unsynced-lost', { crashBias: { bytes: 'none', names: 'none' } }],
    ['rename-lost', { crashBias: { bytes: 'all', names: 'none' } }],
    ['torn-bytes', { crashBias: { bytes: 'part' } }],
    ['torn-sectors of 512 bytes', { crashBias: { sectorBytes: 512 } }],
    ['torn-sectors of 4096 bytes', { crashBias: { sectorBytes: 4096 } }],
    ['torn-sectors, all of the length', { crashBias: { sectorBytes: 512, bytes: 'all' } }],
  ])('%s: everything acknowledged is there, and nobody refuses', (name, faults) => {
    const seen = tally(faults, { runs: 250, crashes: 2, honestLast: false });
    expect({ refused: seen.refused, lost: seen.lost }).toEqual({ refused: 0, lost: 0 });
    if (name.startsWith('torn')) expect(seen.tornTails).toBeGreaterThan(60);
    expect(seen.zeros).toBeLessThan(5);
  });
});

describe('damage that can be seen', () => {
  test.each<[string, DiskFaultStart]>([
    ['bit-rot', { rot: { what: 'bit', count: 1, sectorBytes: 512 } }],
    ['bit-rot in many places', { rot: { what: 'bit', count: 30, sectorBytes: 512 } }],
    ['sector-rot', { rot: { what: 'sector', count: 1, sectorBytes: 512 } }],
    ['sector-rot of large sectors', { rot: { what: 'sector', count: 1, sectorBytes: 4096 } }],
    ['short-reads', { shortReads: { ppm: 500_000 } }],
    ['corrupt-reads', { corruptReads: { ppm: 300_000 } }],
  ])('%s: everything acknowledged is there, or the log refuses', (_name, faults) => {
    const seen = tally(faults, { runs: 150, crashes: 1, honestLast: false });
    expect(seen.lost).toBe(0);
    expect(seen.refused + seen.zeros).toBeGreaterThan(10);
    expect(seen.whole).toBeGreaterThan(3);
  });

  test.each<[string, DiskFaultStart]>([
    ['misdirected-write', { misdirects: { ppm: 300_000, most: 2 } }],
    ['phantom-write', { phantoms: { ppm: 300_000, most: 2 } }],
  ])('%s with an honest write after it: everything acknowledged is there, or the log refuses', (_name, faults) => {
    const seen = tally(faults, { runs: 150, crashes: 0, honestLast: true });
    expect(seen.lost).toBe(0);
    expect(seen.refused + seen.zeros).toBeGreaterThan(30);
  });

  test('one flipped bit, in each byte of a log whose records span sectors', () => {
    const trial = new LogTrial({ seed: 1, log: LOG, judge });
    trial.settle();
    for (const length of [300, 700, 1_200, 450]) {
      trial.write(0, [{ kind: 'append', value: new Uint8Array(length) }]);
      trial.settle();
    }
    const image = trial.disk.snapshotBytes();
    const bytes = image.get('wal-1.log')!;
    for (let at = 0; at < bytes.length; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at & 7);
      expect(recoverImage(new Map([['wal-1.log', changed]]), LOG), `byte ${at}`).toMatchObject({
        failure: expect.stringContaining('Restore the whole directory'),
      });
    }
  });
});

describe('damage that no log alone can see', () => {
  test.each<[string, DiskFaultStart]>([
    ['lying-sync, never', { syncLies: 'never' }],
    ['lying-sync, later', { syncLies: 'later' }],
    ['phantom-write of the last thing written', { phantoms: { ppm: 1_000_000 } }],
    ['misdirected-write of the last thing written', { misdirects: { ppm: 1_000_000 } }],
  ])('%s: a suffix of what was acknowledged may be gone', (_name, faults) => {
    expect(tally(faults, { runs: 100, crashes: 0, honestLast: false }).lost).toBeGreaterThan(0);
  });

  test.each(['later', 'never'] as const)(
    'what a lying sync left for %s is durable when an honest one has said so, or is not',
    (syncLies) => {
      const write = (trial: LogTrial): void => {
        trial.write(0, [{ kind: 'append', value: 'x' }]);
        trial.settle();
      };
      const trialWith = (honest: boolean): LogTrial => {
        const trial = new LogTrial({ seed: 1, log: {}, judge });
        const active = new ActiveDiskFaults(trial.disk);
        trial.settle();
        write(trial);
        active.add('lie', { syncLies });
        write(trial);
        active.remove('lie');
        if (honest) write(trial);
        active.add('all-lost', { crashBias: { bytes: 'none' } });
        trial.crash('power');
        return trial;
      };
      expect(() => trialWith(false).settle()).toThrow('LSN 3 was reported durable; recovery ends at 2');
      if (syncLies === 'never') expect(() => trialWith(true).settle()).toThrow('LSN 4 was reported durable');
      else trialWith(true).settle();
    },
  );
});

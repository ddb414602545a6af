import { assert } from '../../runtime/assert.js';
import { writeAheadLog, type WriteAheadLogOptions } from '../../runtime/storage/index.js';
import { StorageModel } from '../../runtime/storage/storage-model.fixture.js';
import type { NodeStorage, StorageWrite } from '../../runtime/storage/storage.js';
import type { DiskImage } from './crash-choice.js';
import { LogTrial } from './log-trial.fixture.js';
import type { RecordingDisk } from './recording-disk.js';

type Turn = readonly StorageWrite[];

/** Some life of a log, small enough that all its crash states can be listed. */
export interface LogScenario {
  readonly name: string;
  readonly log: WriteAheadLogOptions;
  /** What an earlier life has left. */
  readonly before: () => LogBefore;
  /** Turns that are written together; then all is awaited. */
  readonly steps: readonly (readonly Turn[])[];
}

interface LogBefore {
  readonly image: DiskImage;
  readonly model: StorageModel;
  /** What had been reported durable, and is still there. */
  readonly durableLsn: number;
}

const put = (value: number): StorageWrite => ({ kind: 'put', actor: 'a', cell: 'c', value });
const snapshot = (value: number): StorageWrite => ({ kind: 'snapshot', actor: 'a', value });
const append = (index: number): StorageWrite => ({ kind: 'append', actor: 'a', index, entry: index });

const nothingBefore = (): LogBefore => ({ image: new Map(), model: new StorageModel(), durableLsn: 0 });

/** A log whose last record a crash has cut by some bytes. */
function tornBefore(cutBytes: number): LogBefore {
  const trial = new LogTrial({ seed: 1, log: {}, judge: () => undefined });
  trial.settle();
  for (let value = 1; value <= 2; value++) {
    trial.write(0, [{ kind: 'put', cell: 0, value }]);
    trial.settle();
  }
  const image = new Map([...trial.disk.snapshotBytes()].map(([name, bytes]) => [name, bytes.slice(0, -cutBytes)]));
  return { image, model: trial.model, durableLsn: trial.durableLsn - 1 };
}

export const LOG_SCENARIOS: readonly LogScenario[] = [
  {
    name: 'write',
    log: {},
    before: nothingBefore,
    steps: [[[put(1)]], [[put(2)], [append(1), append(2)]], [[put(3)]]],
  },
  {
    name: 'rotate',
    log: { segmentBytes: 60 },
    before: nothingBefore,
    steps: [[[put(1)]], [[put(2)], [put(3)]], [[put(4)]]],
  },
  {
    name: 'checkpoint',
    log: { segmentBytes: 60, checkpointBytes: 90 },
    before: nothingBefore,
    steps: [[[put(1)]], [[put(2)]], [[append(1)]], [[put(3)]], [[put(4)]], [[put(5)]]],
  },
  { name: 'torn tail', log: {}, before: () => tornBefore(5), steps: [[[put(3)]]] },
  {
    name: 'snapshot',
    log: {},
    before: nothingBefore,
    steps: [[[put(1)]], [[snapshot(2)], [put(2)]], [[snapshot(3), put(3)]]],
  },
  {
    name: 'snapshot and checkpoint',
    log: { segmentBytes: 60, checkpointBytes: 90 },
    before: nothingBefore,
    steps: [[[snapshot(1)]], [[put(1)]], [[snapshot(2)]], [[put(2)]]],
  },
];

/**
 * Plays a scenario on a disk and calls back with the model of what was written when all of it is durable. `pace` says when
 * the next step begins: at once, while a checkpoint may still be on its way in the background, or later.
 */
export function playScenario(
  scenario: LogScenario,
  disk: RecordingDisk,
  pace: (next: () => void) => void,
  done: (model: StorageModel) => void,
): void {
  const { model } = scenario.before();
  const steps = [...scenario.steps];
  const next = (): void => {
    const turns = steps.shift();
    if (turns === undefined) return done(model);
    for (const writes of turns) assert(storage.append(writes) === model.add({ writes }), 'LSNs count the records');
  };
  const storage: NodeStorage = writeAheadLog(
    disk,
    scenario.log,
  )({
    recovered: ({ lastLsn, incarnation }) => {
      disk.promise(lastLsn);
      model.cut(lastLsn);
      model.add({ incarnation: incarnation + 1 });
      storage.appendIncarnation(incarnation + 1);
    },
    durable: (lsn) => {
      disk.promise(lsn);
      if (lsn === storage.lastLsn) pace(next);
    },
    failed: (reason) => assert(false, reason),
  });
  storage.open();
}

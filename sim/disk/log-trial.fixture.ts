import { AssertionFailure, assert } from '../../runtime/assert.js';
import type { Plain } from '../../runtime/data.js';
import type { Lsn } from '../../runtime/envelope.js';
import { writeAheadLog, type WriteAheadLogOptions } from '../../runtime/storage/index.js';
import { StorageModel } from '../../runtime/storage/storage-model.fixture.js';
import type { NodeStorage, RecoveredStorage, StorageWrite } from '../../runtime/storage/storage.js';
import { drawFate, hashText } from '../fate.js';
import { SimulatedDisk, type CrashKind, type DiskFaults, type DiskImage } from './index.js';
import { VirtualLoop } from './virtual-loop.fixture.js';

/** A write without what only the trial knows: names of actors are numbers, log indexes follow from what was written. */
export type TrialWrite =
  | { readonly kind: 'put' | 'delete'; readonly cell: number; readonly value: Plain }
  | { readonly kind: 'append' | 'snapshot'; readonly value: Plain }
  /** Counted back from the last index. */
  | { readonly kind: 'truncate' | 'compact'; readonly back: number };

export interface TrialOptions {
  readonly seed: number;
  readonly log: WriteAheadLogOptions;
  readonly image?: DiskImage;
  /** Told the model and the state that each recovery found; judges whether they agree. */
  readonly judge: (expected: unknown, found: unknown) => void;
}

/**
 * A write-ahead log on a simulated disk, with a model of what it must hold. At each recovery it checks that what was
 * reported durable is there, that what is there was written, and that it is a prefix in the order of LSNs.
 */
export class LogTrial {
  readonly loop = new VirtualLoop();
  readonly disk: SimulatedDisk;
  readonly model: StorageModel;
  /** The highest LSN that was ever reported durable. */
  durableLsn: Lsn = 0;
  failure: string | undefined;
  recovered: RecoveredStorage | undefined;
  readonly seen = { recoveries: 0, tornTails: 0, lostRecords: 0, unreportedRecords: 0, failedSyncs: 0 };
  private storage: NodeStorage | undefined;
  private life = 0;

  constructor(
    private readonly options: TrialOptions,
    model = new StorageModel(),
  ) {
    this.model = model;
    this.disk = new SimulatedDisk({
      node: 'n1',
      nowUs: () => this.loop.nowUs,
      schedule: (delayUs, callback) => this.loop.schedule(delayUs, callback),
      fate: (purpose, file, occurrence) => drawFate(options.seed, hashText(purpose), hashText(file), occurrence),
      ...(options.image === undefined ? {} : { image: options.image }),
    });
    this.start();
  }

  /** Writes as one turn of an actor; nothing where the storage has not been recovered. */
  write(actorNumber: number, writes: readonly TrialWrite[]): void {
    if (this.recovered === undefined || this.failure !== undefined || writes.length === 0) return;
    const actor = `actor/${actorNumber}`;
    let lastIndex = this.model.lastIndexOf(actor);
    const turn = writes.map((write): StorageWrite => {
      const made = concrete(actor, write, lastIndex);
      if (made.kind === 'append') lastIndex = made.index;
      if (made.kind === 'truncate') lastIndex = Math.min(lastIndex, made.fromIndex - 1);
      if (made.kind === 'compact') lastIndex = Math.max(lastIndex, made.uptoIndex);
      return made;
    });
    const lsn = this.storage!.append(turn);
    assert(this.model.add({ writes: turn }) === lsn, 'LSNs count the records');
  }

  run(callbacks: number): void {
    for (let i = 0; i < callbacks; i++) if (!this.loop.runNext()) return;
  }

  settle(): void {
    this.loop.runUntilIdle();
  }

  /** Syncs fail during some callbacks; a log that fails of it is dead, and its process with it. */
  failSyncs(faults: DiskFaults, callbacks: number): void {
    this.disk.setFaults(faults);
    this.run(callbacks);
    this.disk.setFaults({});
    // What was asked for meanwhile may fail only now.
    while (this.failure === undefined) if (!this.loop.runNext()) return;
    assert(/: (sync|syncDirectory) .*: io/.test(this.failure), `a failure of another kind: ${this.failure}`);
    this.failure = undefined;
    this.seen.failedSyncs++;
    this.crash('process');
  }

  crash(kind: CrashKind): void {
    this.disk.crash(kind);
    this.disk.reboot();
    this.start();
  }

  private start(): void {
    const life = ++this.life;
    const isLive = (): boolean => life === this.life;
    this.recovered = undefined;
    this.storage = writeAheadLog(
      this.disk,
      this.options.log,
    )({
      recovered: (found) => {
        if (isLive()) this.onRecovered(found);
      },
      durable: (lsn) => {
        if (isLive()) this.onDurable(lsn);
      },
      failed: (reason) => {
        if (isLive()) this.failure = reason;
      },
    });
    this.storage.open();
  }

  private onDurable(lsn: Lsn): void {
    assert(lsn > this.durableLsn, `durable ${lsn} after ${this.durableLsn}`);
    assert(lsn <= this.model.lastLsn, `durable ${lsn}, but ${this.model.lastLsn} is the last record`);
    assert(this.storage!.durableLsn === lsn, 'the storage says what it tells');
    this.durableLsn = lsn;
  }

  private onRecovered(found: RecoveredStorage): void {
    const { model, seen } = this;
    if (found.lastLsn < this.durableLsn) {
      throw new AssertionFailure(`LSN ${this.durableLsn} was reported durable; recovery ends at ${found.lastLsn}`);
    }
    assert(found.lastLsn <= model.lastLsn, `LSN ${found.lastLsn} was never written`);
    this.options.judge(model.stateAt(found.lastLsn), { incarnation: found.incarnation, actors: found.actors });
    seen.recoveries++;
    if (found.tornBytes > 0) seen.tornTails++;
    seen.lostRecords += model.lastLsn - found.lastLsn;
    seen.unreportedRecords += found.lastLsn - this.durableLsn;
    model.cut(found.lastLsn);
    this.durableLsn = found.lastLsn;
    this.recovered = found;
    const incarnation = found.incarnation + 1;
    assert(this.storage!.appendIncarnation(incarnation) === model.add({ incarnation }), 'LSNs count the records');
  }
}

function concrete(actor: string, write: TrialWrite, lastIndex: number): StorageWrite {
  switch (write.kind) {
    case 'put':
      return { kind: 'put', actor, cell: `cell-${write.cell}`, value: write.value };
    case 'delete':
      return { kind: 'delete', actor, cell: `cell-${write.cell}` };
    case 'append':
      return { kind: 'append', actor, index: lastIndex + 1, entry: write.value };
    case 'snapshot':
      return { kind: 'snapshot', actor, value: write.value };
    case 'truncate':
      return { kind: 'truncate', actor, fromIndex: Math.max(1, lastIndex - write.back) };
    case 'compact':
      return { kind: 'compact', actor, uptoIndex: Math.max(0, lastIndex - write.back) };
  }
}

export type RecoveryOutcome = { readonly found: RecoveredStorage } | { readonly failure: string };

/** What a log finds on a disk that holds `image`; what it writes meanwhile is lost. */
export function recoverImage(image: DiskImage, log: WriteAheadLogOptions): RecoveryOutcome {
  const loop = new VirtualLoop();
  const disk = new SimulatedDisk({
    node: 'n1',
    nowUs: () => loop.nowUs,
    schedule: (delayUs, callback) => loop.schedule(delayUs, callback),
    fate: () => 0,
    image,
  });
  const outcomes: RecoveryOutcome[] = [];
  const storage = writeAheadLog(
    disk,
    log,
  )({
    recovered: (found) => outcomes.push({ found }),
    durable: () => assert(false, 'nothing was written'),
    failed: (failure) => outcomes.push({ failure }),
  });
  storage.open();
  loop.runUntilIdle();
  assert(outcomes.length === 1, `a recovery has one outcome, not ${outcomes.length}`);
  return outcomes[0]!;
}

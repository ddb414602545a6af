import { assert, AssertionFailure } from '../../runtime/assert.js';
import type { StorageModel } from '../../runtime/storage/storage-model.fixture.js';
import type { DiskImage } from './crash-choice.js';
import { imageKey, RecordedDisk, type NameSurvival } from './crash-states.js';
import { recoverImage } from './log-trial.fixture.js';
import type { LogScenario } from './log-scenarios.fixture.js';
import type { DiskEvent } from './recording-disk.js';
import { SimulatedDisk } from './simulated-disk.js';

const IMAGES_MAX = 20_000;

/** A record of calls, and what the log that made them held. */
export interface LogRecord {
  readonly scenario: LogScenario;
  readonly events: readonly DiskEvent[];
  readonly model: StorageModel;
}

/** How much was judged, so that a test can see that it was not nothing. */
export interface Judged {
  readonly points: number;
  readonly images: number;
  readonly differentImages: number;
}

/**
 * At each point of a record: every directory that a crash may leave there is recovered by the log, to a state that was, with
 * everything that had been promised. `equal` compares states and throws.
 */
export function judgeRecoveries(
  { scenario, events, model }: LogRecord,
  survival: NameSurvival,
  equal: (expected: unknown, found: unknown) => void,
): Judged {
  const before = scenario.before();
  const disk = new RecordedDisk(before.image, survival);
  /** Where the log ends in each image that has been recovered. */
  const recovered = new Map<string, number>();
  let promised = before.durableLsn;
  let imageCount = 0;
  events.forEach((event, point) => {
    disk.take(event);
    if (event.kind === 'promised') promised = event.mark;
    for (const image of disk.images(IMAGES_MAX)) {
      imageCount++;
      const where = (): string => `${scenario.name}, after event ${point} of ${events.length}, ${describe(image)}`;
      const key = imageKey(image);
      const lastLsn = recovered.get(key) ?? recoverAndCompare(scenario, model, image, where, equal);
      recovered.set(key, lastLsn);
      if (lastLsn < promised) assert(false, `${where()}: LSN ${promised} was promised, and the log ends at ${lastLsn}`);
    }
  });
  return { points: events.length, images: imageCount, differentImages: recovered.size };
}

function recoverAndCompare(
  scenario: LogScenario,
  model: StorageModel,
  image: DiskImage,
  where: () => string,
  equal: (expected: unknown, found: unknown) => void,
): number {
  const outcome = recoverImage(image, scenario.log);
  if ('failure' in outcome) throw new AssertionFailure(`${where()}: ${outcome.failure}`);
  const { lastLsn, incarnation, actors } = outcome.found;
  equal(model.stateAt(lastLsn), { incarnation, actors });
  return lastLsn;
}

function describe(image: DiskImage): string {
  return [...image].map(([name, bytes]) => `${name} (${bytes.length})`).join(', ');
}

/**
 * At each point of a record: the crash states of a SimulatedDisk to which the same calls were made are exactly those that
 * were reckoned from the record alone.
 */
export function judgeSimulator({ scenario, events }: LogRecord): Judged {
  return judgeRecord({ name: scenario.name, initial: scenario.before().image, events });
}

/** A record of calls to a disk that held `initial`. */
export interface DiskRecord {
  readonly name: string;
  readonly initial: DiskImage;
  readonly events: readonly DiskEvent[];
}

export function judgeRecord({ name, initial, events }: DiskRecord, sectorBytes?: number): Judged {
  const reckoned = new RecordedDisk(initial, 'journal', sectorBytes);
  const completions: (() => void)[] = [];
  const simulated = new SimulatedDisk({
    node: 'n1',
    nowUs: () => 0,
    schedule: (_delayUs, callback) => completions.push(callback),
    fate: () => 0,
    image: initial,
  });
  const different = new Set<string>();
  let imageCount = 0;
  events.forEach((event, point) => {
    reckoned.take(event);
    if (event.kind === 'called') repeatCall(simulated, event);
    if (event.kind === 'completed') completions[event.call]!();
    const expected = new Set(reckoned.images(IMAGES_MAX).map(imageKey));
    const found = new Set<string>();
    for (const choice of simulated.crashStates(sectorBytes)) found.add(imageKey(simulated.imageAfter(choice)));
    const where = `${name}, after event ${point} of ${events.length}`;
    for (const key of expected) assert(found.has(key), `${where}: the simulator cannot leave\n${key}`);
    for (const key of found) assert(expected.has(key), `${where}: no disk may leave\n${key}`);
    imageCount += expected.size;
    for (const key of expected) different.add(key);
  });
  return { points: events.length, images: imageCount, differentImages: different.size };
}

export function repeatCall(disk: SimulatedDisk, { request }: DiskEvent & { kind: 'called' }): void {
  const done = (error: Error | undefined): void =>
    assert(error === undefined, `a call of the record fails: ${error?.message}`);
  switch (request.op) {
    case 'list':
      return disk.list(done);
    case 'read':
      return disk.read(request.file, done);
    case 'length':
      return disk.length(request.file, done);
    case 'append':
      return disk.append(request.file, request.bytes, done);
    case 'sync':
      return disk.sync(request.file, done);
    case 'rename':
      return disk.rename(request.from, request.to, done);
    case 'remove':
      return disk.remove(request.file, done);
    case 'syncDirectory':
      return disk.syncDirectory(done);
  }
}

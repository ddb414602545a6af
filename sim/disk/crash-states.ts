import { assert } from '../../runtime/assert.js';
import type { DiskImage } from './crash-choice.js';
import type { DiskEvent } from './recording-disk.js';

/**
 * How names survive a crash. `journal`: a prefix of the unsynced directory operations, the model of the simulator.
 * `any-order`: any of them without the others, the least that POSIX promises.
 */
export type NameSurvival = 'journal' | 'any-order';

/** A file of the record, by the bytes that were appended to it. */
interface RecordedFile {
  bytes: Uint8Array;
  syncedLength: number;
}

interface NameOperation {
  readonly call: number;
  isSynced: boolean;
  apply(names: Map<string, RecordedFile>): void;
}

/**
 * What a record of calls says about the disk, reckoned from the record alone and knowing nothing of SimulatedDisk: which
 * directories a loss of power may leave. Only for records of calls that all succeeded.
 */
export class RecordedDisk {
  private readonly initial = new Map<string, RecordedFile>();
  private readonly names = new Map<string, RecordedFile>();
  private readonly operations: NameOperation[] = [];
  private readonly completed = new Set<number>();
  /** What the completion of a call makes durable. */
  private readonly completions = new Map<number, () => void>();

  constructor(
    initial: DiskImage,
    private readonly survival: NameSurvival,
    /** Any unsynced sector of this size may be lost alone; absent: only what stands behind a cut. */
    private readonly sectorBytes?: number,
  ) {
    for (const [name, bytes] of initial) {
      const file = { bytes, syncedLength: bytes.length };
      this.initial.set(name, file);
      this.names.set(name, file);
    }
  }

  take(event: DiskEvent): void {
    if (event.kind === 'called') this.call(event);
    if (event.kind !== 'completed') return;
    assert(!event.failed, 'a record of failed calls is not understood');
    this.completed.add(event.call);
    this.completions.get(event.call)?.();
  }

  private call({ call, request }: DiskEvent & { kind: 'called' }): void {
    switch (request.op) {
      case 'append': {
        const file = this.names.get(request.file) ?? this.create(call, request.file);
        file.bytes = Uint8Array.from([...file.bytes, ...request.bytes]);
        return;
      }
      case 'sync': {
        const file = this.fileOf(request.file);
        const { length } = file.bytes;
        this.completions.set(call, () => (file.syncedLength = Math.max(file.syncedLength, length)));
        return;
      }
      case 'rename': {
        const { from, to } = request;
        const file = this.fileOf(from);
        return this.operate(call, (names) => {
          if (names.get(from) === file) names.delete(from);
          names.set(to, file);
        });
      }
      case 'remove': {
        const file = this.fileOf(request.file);
        return this.operate(call, (names) => {
          if (names.get(request.file) === file) names.delete(request.file);
        });
      }
      case 'syncDirectory':
        return this.syncNames(call);
      case 'list':
      case 'length':
      case 'read':
        return;
    }
  }

  private fileOf(name: string): RecordedFile {
    const file = this.names.get(name);
    assert(file !== undefined, `the record uses ${name}, which is not there`);
    return file;
  }

  private create(call: number, name: string): RecordedFile {
    const file: RecordedFile = { bytes: new Uint8Array(0), syncedLength: 0 };
    this.operate(call, (names) => names.set(name, file));
    return file;
  }

  private operate(call: number, apply: (names: Map<string, RecordedFile>) => void): void {
    apply(this.names);
    this.operations.push({ call, isSynced: false, apply });
  }

  /** Covers what had been told done by now; a journal also holds everything before that. */
  private syncNames(call: number): void {
    const isDone = ({ call: earlier }: NameOperation): boolean => this.completed.has(earlier);
    const last = this.operations.findLastIndex(isDone);
    const covered = this.operations.filter((operation, i) =>
      this.survival === 'journal' ? i <= last : isDone(operation),
    );
    this.completions.set(call, () => {
      for (const operation of covered) operation.isSynced = true;
    });
  }

  /** Every directory that a crash now may leave, each once. Throws where there are more than `imagesMax`. */
  images(imagesMax: number): readonly DiskImage[] {
    const found = new Map<string, DiskImage>();
    for (const names of this.nameChoices()) {
      for (const image of contentChoices([...names], 0, this.sectorBytes)) {
        found.set(imageKey(image), image);
        assert(found.size <= imagesMax, `more than ${imagesMax} crash states; record smaller writes`);
      }
    }
    return [...found.values()];
  }

  private *nameChoices(): Generator<Map<string, RecordedFile>> {
    const unsynced = this.operations.filter(({ isSynced }) => !isSynced);
    assert(unsynced.length <= 16, `${unsynced.length} unsynced directory operations; record less at once`);
    const count = this.survival === 'journal' ? unsynced.length + 1 : 1 << unsynced.length;
    for (let choice = 0; choice < count; choice++) {
      const names = new Map(this.initial);
      for (const operation of this.operations) {
        const place = unsynced.indexOf(operation);
        const survives = this.survival === 'journal' ? place < choice : (choice >> place) & 1;
        if (operation.isSynced || survives) operation.apply(names);
      }
      yield names;
    }
  }
}

function* contentChoices(
  names: readonly (readonly [string, RecordedFile])[],
  from: number,
  sectorBytes: number | undefined,
): Generator<Map<string, Uint8Array>> {
  const first = names[from];
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [name, file] = first;
  for (const rest of contentChoices(names, from + 1, sectorBytes)) {
    for (let length = file.syncedLength; length <= file.bytes.length; length++) {
      for (const bytes of survivors(file, length, sectorBytes)) yield new Map([[name, bytes], ...rest]);
    }
  }
}

/** What the first `length` bytes may read as: byte by byte, whether its sector was written. */
function* survivors({ bytes, syncedLength }: RecordedFile, length: number, sectorBytes = 0): Generator<Uint8Array> {
  if (sectorBytes === 0) return yield bytes.subarray(0, length);
  const sectors = new Set<number>();
  for (let at = syncedLength; at < length; at++) sectors.add(Math.floor(at / sectorBytes));
  assert(sectors.size <= 12, `${sectors.size} unsynced sectors; record less at once`);
  const places = [...sectors];
  for (let choice = 0; choice < 1 << places.length; choice++) {
    const isLost = (at: number): boolean =>
      at >= syncedLength && ((choice >> places.indexOf(Math.floor(at / sectorBytes))) & 1) === 1;
    yield bytes.slice(0, length).map((byte, at) => (isLost(at) ? 0 : byte));
  }
}

/** The same for two images that hold the same: each file's name, length, and bytes as characters. */
export function imageKey(image: DiskImage): string {
  return [...image]
    .map(([name, bytes]) => `${name} ${bytes.length} ${String.fromCharCode(...bytes)}`)
    .sort()
    .join('\n');
}

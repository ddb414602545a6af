import type { SimulatedDirectory } from './simulated-directory.js';
import type { SimulatedFile } from './simulated-file.js';
import { unsyncedSectors, type ByteRange } from './unsynced-sectors.js';

/** `power`: only what was synced is certain. `process`: the machine lives, so what was told done is still there, unsynced. */
export type CrashKind = 'power' | 'process';

/** What a reader of the directory finds: bytes by file name. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;

/** One outcome of a crash: how many unsynced directory operations survive, and how many bytes of each file. */
export interface CrashChoice {
  readonly directoryOperations: number;
  /** Length of each file that then has a name. */
  readonly lengths: ReadonlyMap<string, number>;
  /** Unsynced sectors below these lengths that did not reach the disk and read as zeros. */
  readonly lost?: ReadonlyMap<string, readonly ByteRange[]>;
}

interface FileChoice {
  readonly length: number;
  readonly lost: readonly ByteRange[];
}

/**
 * Every outcome that a loss of power may have now. For each prefix of the unsynced directory operations, each file that then
 * has a name keeps its synced bytes and any number of the bytes after them, independently of the others; with `sectorBytes`, any of its
 * unsynced sectors may be lost as well.
 */
export function* crashChoices(directory: SimulatedDirectory, sectorBytes?: number): Generator<CrashChoice> {
  for (let count = 0; count <= directory.operationCount; count++) {
    const names = [...directory.namesAfter(count)];
    for (const files of fileChoices(names, 0, sectorBytes)) {
      const lengths = new Map([...files].map(([name, { length }]) => [name, length]));
      if (sectorBytes === undefined) yield { directoryOperations: count, lengths };
      else
        yield {
          directoryOperations: count,
          lengths,
          lost: new Map([...files].map(([name, { lost }]) => [name, lost])),
        };
    }
  }
}

function* fileChoices(
  names: readonly (readonly [string, SimulatedFile])[],
  from: number,
  sectorBytes: number | undefined,
): Generator<Map<string, FileChoice>> {
  const first = names[from];
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [name, file] = first;
  for (const choice of choicesOfFile(file, sectorBytes)) {
    for (const rest of fileChoices(names, from + 1, sectorBytes)) yield rest.set(name, choice);
  }
}

function* choicesOfFile(file: SimulatedFile, sectorBytes: number | undefined): Generator<FileChoice> {
  for (let length = file.syncedLength; length <= file.length; length++) {
    if (sectorBytes === undefined) {
      yield { length, lost: [] };
      continue;
    }
    const sectors = unsyncedSectors(file.syncedLength, length, sectorBytes);
    for (const lost of subsets(sectors)) yield { length, lost };
  }
}

function* subsets<T>(values: readonly T[]): Generator<readonly T[]> {
  for (let subset = 0; subset < 1 << values.length; subset++) {
    yield values.filter((_, place) => ((subset >> place) & 1) === 1);
  }
}

/** What the disk holds after that outcome. */
export function crashImage(directory: SimulatedDirectory, choice: CrashChoice): DiskImage {
  const image = new Map<string, Uint8Array>();
  for (const [name, file] of directory.namesAfter(choice.directoryOperations)) {
    const bytes = file.bytes().slice(0, choice.lengths.get(name) ?? file.syncedLength);
    for (const { from, to } of choice.lost?.get(name) ?? []) bytes.fill(0, from, to);
    image.set(name, bytes);
  }
  return image;
}

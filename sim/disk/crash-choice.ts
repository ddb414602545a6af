import type { SimulatedDirectory } from './simulated-directory.js';
import type { SimulatedFile } from './simulated-file.js';

/** What a reader of the directory finds: bytes by file name. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;

/** One outcome of a crash: how many unsynced directory operations survive, and how many bytes of each file. */
export interface CrashChoice {
  readonly directoryOperations: number;
  /** Length of each file that then has a name. */
  readonly lengths: ReadonlyMap<string, number>;
}

/**
 * Every outcome that a loss of power may have now. For each prefix of the unsynced directory operations, each file that then
 * has a name keeps its synced bytes and any number of the bytes after them, independently of the others.
 */
export function* crashChoices(directory: SimulatedDirectory): Generator<CrashChoice> {
  for (let count = 0; count <= directory.operationCount; count++) {
    const names = [...directory.namesAfter(count)];
    for (const lengths of lengthChoices(names, 0)) yield { directoryOperations: count, lengths };
  }
}

function* lengthChoices(
  names: readonly (readonly [string, SimulatedFile])[],
  from: number,
): Generator<Map<string, number>> {
  const first = names[from];
  if (first === undefined) {
    yield new Map();
    return;
  }
  const [name, file] = first;
  for (let length = file.syncedLength; length <= file.length; length++) {
    for (const rest of lengthChoices(names, from + 1)) yield rest.set(name, length);
  }
}

/** What the disk holds after that outcome. */
export function crashImage(directory: SimulatedDirectory, choice: CrashChoice): DiskImage {
  const image = new Map<string, Uint8Array>();
  for (const [name, file] of directory.namesAfter(choice.directoryOperations)) {
    image.set(name, file.bytes().slice(0, choice.lengths.get(name) ?? file.syncedLength));
  }
  return image;
}

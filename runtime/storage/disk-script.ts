import type { Disk, DiskDone } from '../ports.js';

/** One operation of a disk, as a value. */
export type DiskRequest =
  | { readonly op: 'list' }
  | { readonly op: 'read'; readonly file: string }
  | { readonly op: 'length'; readonly file: string }
  | { readonly op: 'append'; readonly file: string; readonly bytes: Uint8Array }
  | { readonly op: 'sync'; readonly file: string }
  | { readonly op: 'rename'; readonly from: string; readonly to: string }
  | { readonly op: 'remove'; readonly file: string }
  | { readonly op: 'syncDirectory' };

/**
 * Operations one after the other, as a generator: each `yield*` gives the result of the operation or throws its DiskError.
 * Only for the cold paths; the log itself is written with callbacks.
 */
export type DiskScript<T> = Generator<DiskRequest, T, unknown>;

export function* list(): DiskScript<readonly string[]> {
  return (yield { op: 'list' }) as readonly string[];
}
export function* read(file: string): DiskScript<Uint8Array> {
  return (yield { op: 'read', file }) as Uint8Array;
}
export function* length(file: string): DiskScript<number> {
  return (yield { op: 'length', file }) as number;
}
export function* append(file: string, bytes: Uint8Array): DiskScript<void> {
  yield { op: 'append', file, bytes };
}
export function* sync(file: string): DiskScript<void> {
  yield { op: 'sync', file };
}
export function* rename(from: string, to: string): DiskScript<void> {
  yield { op: 'rename', from, to };
}
export function* remove(file: string): DiskScript<void> {
  yield { op: 'remove', file };
}
export function* syncDirectory(): DiskScript<void> {
  yield { op: 'syncDirectory' };
}

export type ScriptOutcome<T> =
  | { readonly ok: true; readonly value: T }
  /** What the script threw: a DiskError, or an error of its own. */
  | { readonly ok: false; readonly error: unknown };

/** Runs a script to its end and calls back once, never inside this call unless the script asks for nothing. */
export function runDiskScript<T>(disk: Disk, script: DiskScript<T>, done: (outcome: ScriptOutcome<T>) => void): void {
  const advance = (next: () => IteratorResult<DiskRequest, T>): void => {
    let result: IteratorResult<DiskRequest, T>;
    try {
      result = next();
    } catch (error) {
      return done({ ok: false, error });
    }
    if (result.done === true) return done({ ok: true, value: result.value });
    requestOf(disk, result.value, (error, value) =>
      advance(() => (error === undefined ? script.next(value) : script.throw(error))),
    );
  };
  advance(() => script.next());
}

/** Asks a disk for what is given as a value. */
export function requestOf(disk: Disk, asked: DiskRequest, done: DiskDone<unknown>): void {
  switch (asked.op) {
    case 'list':
      return disk.list(done);
    case 'read':
      return disk.read(asked.file, done);
    case 'length':
      return disk.length(asked.file, done);
    case 'append':
      return disk.append(asked.file, asked.bytes, done);
    case 'sync':
      return disk.sync(asked.file, done);
    case 'rename':
      return disk.rename(asked.from, asked.to, done);
    case 'remove':
      return disk.remove(asked.file, done);
    case 'syncDirectory':
      return disk.syncDirectory(done);
  }
}

import type { Durable } from '../actor.js';
import { copyPlain, type Plain } from '../data.js';
import type { StorageWrite } from './storage.js';

/** What a record of the log says. A snapshot's value stands in a file of its own. */
export type LogWrite =
  | Exclude<StorageWrite, { kind: 'snapshot' }>
  | { readonly kind: 'snapshot'; readonly actor: string; readonly file: string }
  | { readonly kind: 'incarnation'; readonly incarnation: number };

interface ActorImage {
  readonly cells: Map<string, Plain>;
  firstIndex: number;
  entries: Plain[];
  snapshot: { readonly file: string; readonly value: Plain } | undefined;
}

/** The value of a snapshot between the replay of its record and the reading of its file. */
const NOT_READ: Plain = null;

/**
 * What all records together say: the state that a recovery would find. Values are kept as they are given and copied on the
 * way out, so that nobody can change what is durable.
 */
export class DurableImage {
  incarnation = 0;
  private readonly actors = new Map<string, ActorImage>();

  /**
   * Applies one write. Returns why that is impossible (then nothing has changed), or undefined. For a snapshot, `value` is what
   * its file holds.
   */
  apply(write: LogWrite, value: Plain = NOT_READ): string | undefined {
    if (write.kind === 'incarnation') {
      if (write.incarnation <= this.incarnation) return `incarnation ${write.incarnation} after ${this.incarnation}`;
      this.incarnation = write.incarnation;
      return undefined;
    }
    const actor = this.actorImage(write.actor);
    switch (write.kind) {
      case 'put':
        actor.cells.set(write.cell, write.value);
        return undefined;
      case 'delete':
        actor.cells.delete(write.cell);
        return undefined;
      case 'append': {
        const expected = actor.firstIndex + actor.entries.length;
        if (write.index !== expected) return `${write.actor}: log index ${write.index} where ${expected} must follow`;
        actor.entries.push(write.entry);
        return undefined;
      }
      case 'truncate':
        truncate(actor, write.fromIndex);
        return undefined;
      case 'compact':
        compact(actor, write.uptoIndex);
        return undefined;
      case 'snapshot':
        actor.snapshot = { file: write.file, value };
        return undefined;
    }
  }

  snapshotFileOf(actor: string): string | undefined {
    return this.actors.get(actor)?.snapshot?.file;
  }

  /** Actors and the files of their snapshots. */
  snapshotFiles(): ReadonlyMap<string, string> {
    const files = new Map<string, string>();
    for (const [actor, { snapshot }] of this.actors) if (snapshot !== undefined) files.set(actor, snapshot.file);
    return files;
  }

  durableOf(actor: string): Durable | undefined {
    const image = this.actors.get(actor);
    if (image === undefined) return undefined;
    return {
      cells: new Map([...image.cells].map(([cell, value]) => [cell, copyPlain(value)])),
      log: { firstIndex: image.firstIndex, entries: image.entries.map((entry) => copyPlain(entry)) },
      snapshot: image.snapshot === undefined ? undefined : copyPlain(image.snapshot.value),
    };
  }

  durables(): ReadonlyMap<string, Durable> {
    return new Map([...this.actors.keys()].map((actor) => [actor, this.durableOf(actor)!]));
  }

  /** The shortest list of writes that makes this image from an empty one. */
  *writes(): Generator<LogWrite> {
    if (this.incarnation > 0) yield { kind: 'incarnation', incarnation: this.incarnation };
    for (const [actor, image] of this.actors) {
      // Changes nothing, but an actor that has written before, if only to delete, is not one that never wrote.
      yield { kind: 'truncate', actor, fromIndex: 1 };
      for (const [cell, value] of image.cells) yield { kind: 'put', actor, cell, value };
      if (image.firstIndex > 1) yield { kind: 'compact', actor, uptoIndex: image.firstIndex - 1 };
      for (let i = 0; i < image.entries.length; i++) {
        yield { kind: 'append', actor, index: image.firstIndex + i, entry: image.entries[i]! };
      }
      if (image.snapshot !== undefined) yield { kind: 'snapshot', actor, file: image.snapshot.file };
    }
  }

  private actorImage(actor: string): ActorImage {
    let image = this.actors.get(actor);
    if (image === undefined) {
      image = { cells: new Map(), firstIndex: 1, entries: [], snapshot: undefined };
      this.actors.set(actor, image);
    }
    return image;
  }
}

/** Removes the entries from `fromIndex` on. Before the first: the log is empty and goes on at `fromIndex`. */
function truncate(actor: ActorImage, fromIndex: number): void {
  const kept = fromIndex - actor.firstIndex;
  if (kept < 0) actor.firstIndex = fromIndex;
  if (kept < actor.entries.length) actor.entries.length = Math.max(0, kept);
}

/** Removes the entries up to `uptoIndex`. Beyond the end: the log is empty and goes on after `uptoIndex`. */
function compact(actor: ActorImage, uptoIndex: number): void {
  const removed = uptoIndex + 1 - actor.firstIndex;
  if (removed <= 0) return;
  actor.entries.splice(0, removed);
  actor.firstIndex = uptoIndex + 1;
}

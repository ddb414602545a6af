import type { Durable } from '../actor.js';
import type { Plain } from '../data.js';
import type { Lsn } from '../envelope.js';
import type { StorageWrite } from './storage.js';

/** A record of the log as the node handed it over. */
export type ModelRecord = { readonly incarnation: number } | { readonly writes: readonly StorageWrite[] };

interface ModelActor {
  readonly cells: Map<string, Plain>;
  readonly entries: Map<number, Plain>;
  lastIndex: number;
  snapshot: Plain | undefined;
}

export interface ModelState {
  readonly incarnation: number;
  readonly actors: ReadonlyMap<string, Durable>;
}

/** What a storage must hold, in the most obvious way: all records ever, replayed from the first whenever somebody asks. */
export class StorageModel {
  private records: ModelRecord[] = [];

  get lastLsn(): Lsn {
    return this.records.length;
  }

  add(record: ModelRecord): Lsn {
    return this.records.push(record);
  }

  /** A crash has taken what came after `lsn`. */
  cut(lsn: Lsn): void {
    this.records.length = lsn;
  }

  lastIndexOf(actor: string): number {
    return this.replay(this.lastLsn).actors.get(actor)?.lastIndex ?? 0;
  }

  stateAt(lsn: Lsn): ModelState {
    const { incarnation, actors } = this.replay(lsn);
    return { incarnation, actors: new Map([...actors].map(([name, actor]) => [name, durableOf(actor)])) };
  }

  private replay(lsn: Lsn): { incarnation: number; actors: Map<string, ModelActor> } {
    let incarnation = 0;
    const actors = new Map<string, ModelActor>();
    for (const record of this.records.slice(0, lsn)) {
      if ('incarnation' in record) incarnation = record.incarnation;
      else for (const write of record.writes) applyWrite(actorOf(actors, write.actor), write);
    }
    return { incarnation, actors };
  }
}

function actorOf(actors: Map<string, ModelActor>, name: string): ModelActor {
  const actor = actors.get(name) ?? { cells: new Map(), entries: new Map(), lastIndex: 0, snapshot: undefined };
  actors.set(name, actor);
  return actor;
}

function applyWrite(actor: ModelActor, write: StorageWrite): void {
  switch (write.kind) {
    case 'put':
      actor.cells.set(write.cell, write.value);
      return;
    case 'delete':
      actor.cells.delete(write.cell);
      return;
    case 'append':
      actor.entries.set(write.index, write.entry);
      actor.lastIndex = write.index;
      return;
    case 'truncate':
      for (const index of [...actor.entries.keys()]) if (index >= write.fromIndex) actor.entries.delete(index);
      actor.lastIndex = Math.min(actor.lastIndex, write.fromIndex - 1);
      return;
    case 'compact':
      for (const index of [...actor.entries.keys()]) if (index <= write.uptoIndex) actor.entries.delete(index);
      actor.lastIndex = Math.max(actor.lastIndex, write.uptoIndex);
      return;
    case 'snapshot':
      actor.snapshot = write.value;
      return;
  }
}

function durableOf(actor: ModelActor): Durable {
  const indexes = [...actor.entries.keys()].sort((a, b) => a - b);
  return {
    cells: actor.cells,
    log: { firstIndex: indexes[0] ?? actor.lastIndex + 1, entries: indexes.map((index) => actor.entries.get(index)!) },
    snapshot: actor.snapshot,
  };
}

import type { Envelope } from './envelope.js';
import type { ObservedRecord } from './observation.js';
import type { Plain } from './data.js';
import type { TurnGuard } from './turn-guard.js';

/**
 * The ports of a node: all that reaches the outside. A host (the simulator, or `runtime/node`) implements them.
 * Calls return at once; completions come back later through the callback given, never inside the call.
 */
export interface NodePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly network: Network;
  readonly disk: Disk;
  readonly work: WorkPort;
  readonly calendar: Calendar;
  /** A stream of its own for each name: a draw added to one moves no draw in another. */
  random(streamName: string): Random;
  observe(record: ObservedRecord): void;
  /** Present where somebody follows the node step by step (`Context.narrate`). */
  narrate?(record: ObservedRecord): void;
  /** For people: an actor's turn threw. Its text must not decide or enter anything that is compared. */
  diagnose?(failure: { readonly actor: string; readonly step: number; readonly error: unknown }): void;
  /** Whether a point in the code fires that only a simulator makes fire. Absent in production: none ever does. */
  faultPoint?(name: string): boolean;
  /** Watches turns for what escapes the ports. */
  readonly guard?: TurnGuard;
  /** Called when the node can no longer go on (failed sync, damaged log, failed assertion of its core). */
  halted(reason: string): void;
}

export interface Clock {
  /** Microseconds since an arbitrary origin; never goes back. */
  monotonicUs(): number;
  /** Microseconds since the Unix epoch; may jump. */
  wallUs(): number;
}

/** One-shot timers on the monotonic clock. The host calls `ActorNode.timerFired(token)`. */
export interface Timers {
  set(token: number, delayUs: number): void;
  cancel(token: number): void;
}

export interface Network {
  /**
   * At most once, in any order. May drop silently. The envelope and its message belong to the network from here on: they were
   * copied (or frozen), and nobody else will change them.
   */
  send(envelope: Envelope): void;
}

/** Integers only, so that every platform draws the same. */
export interface Random {
  /** Uniform in 0 .. 2^32-1. */
  uint32(): number;
  /** Uniform in low .. high, both inclusive; both safe integers with high - low < 2^32. */
  between(low: number, high: number): number;
}

export type DiskErrorCode = 'not-found' | 'io' | 'full';

export class DiskError extends Error {
  constructor(
    readonly code: DiskErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'DiskError';
  }
}

export type DiskDone<T = undefined> = (error: DiskError | undefined, value: T) => void;

/**
 * One flat directory of files. Nothing survives a crash for certain but what was synced: the bytes of a file by `sync`, its
 * name (creation, rename, removal) by `syncDirectory`. Operations on one file take place in the order of their calls.
 */
export interface Disk {
  list(done: DiskDone<readonly string[]>): void;
  /** May give fewer bytes than the file has, from its beginning, without an error, as POSIX reads may; `length` tells. */
  read(file: string, done: DiskDone<Uint8Array>): void;
  /** In bytes. */
  length(file: string, done: DiskDone<number>): void;
  /** Adds at the end; creates the file where there is none. */
  append(file: string, bytes: Uint8Array, done: DiskDone): void;
  sync(file: string, done: DiskDone): void;
  /** Replaces `to` where it exists, atomically. */
  rename(from: string, to: string, done: DiskDone): void;
  remove(file: string, done: DiskDone): void;
  syncDirectory(done: DiskDone): void;
}

/** What work at the edge (a shell command, an HTTP call, a function) ended with. */
export type WorkResult =
  | { readonly ok: true; readonly value: Plain }
  | { readonly ok: false; readonly error: string; readonly mayHaveHappened: boolean };

/** Work that takes time or touches the world. The host calls `ActorNode.workDone(workId, result)` exactly once unless cancelled. */
export interface WorkPort {
  start(workId: number, kind: string, input: Plain): void;
  cancel(workId: number): void;
}

/** Cron and time zones, computed by one implementation in both worlds. */
export interface Calendar {
  /** Version of the time-zone data, recorded with every run. */
  readonly zoneDataVersion: string;
  /** The first tick strictly after `afterWallMs` (ms since the epoch), or undefined where there is none. */
  nextTick(cron: string, timeZone: string, afterWallMs: number): number | undefined;
  /** Why the expression or the zone cannot be used, or undefined. */
  findFault(cron: string, timeZone: string): string | undefined;
}

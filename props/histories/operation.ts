import type { Plain } from '../../runtime/data.js';

/** Who calls: a client, a session, a thread. One process has one operation under way at a time. */
export type ProcessName = number | string;

/**
 * One operation of a history: what was asked of the object, when, and what it answered.
 *
 * Times are positions in the history, not of a clock: of two events the one with the lower position was first. An operation came
 * wholly before another where its `returnedAt` is lower than the other's `calledAt`; otherwise the two may be in either order.
 */
export interface Operation {
  readonly process: ProcessName;
  /** What was called: `read`, `write`, `cas`, `get`, `append`, `acquire`, … */
  readonly f: string;
  /** The part of the object that it is about, where the object has parts. */
  readonly key: string | null;
  readonly argument: Plain;
  /** What it answered; undefined where nobody knows. */
  readonly result: Plain | undefined;
  readonly calledAt: number;
  /** Infinity where the outcome is not known: it may take effect at any time after its call, or never. */
  readonly returnedAt: number;
  /** The clock's times, where the history tells them and a model (a lease) asks for them. */
  readonly calledMs?: number | undefined;
  readonly returnedMs?: number | undefined;
  /** Where in the file its call stands, from 1; 0 where it came from no file. */
  readonly line: number;
}

/** Whether nobody knows if the operation took effect. */
export function isOpen(operation: Operation): boolean {
  return operation.returnedAt === Infinity;
}

/** One event as a history tells it. */
export interface HistoryEvent {
  readonly process: ProcessName;
  /** `ok`: it took effect; `fail`: it certainly did not; `info`: nobody knows. */
  readonly type: 'invoke' | 'ok' | 'fail' | 'info';
  readonly f: string;
  readonly key: string | null;
  /** With `invoke` the argument; with `ok` the result, undefined where it is not known. */
  readonly value: Plain | undefined;
  readonly timeMs?: number | undefined;
  readonly line: number;
}

/** What a file says. */
export interface History {
  readonly format: HistoryFormat;
  readonly operations: readonly Operation[];
  /** What the file itself says of the model that it is to be judged by. */
  readonly model?: string;
  readonly initial?: Plain;
}

export type HistoryFormat = 'json-lines' | 'jepsen-edn' | 'jepsen-log';

/** What a reader is told beside the text. */
export interface ReadOptions {
  /** Named in errors. */
  readonly file: string;
  /** Whether the nil of a read that is `ok` is a value, or says that the value is not known. Default: what the format means by it. */
  readonly nil?: 'value' | 'unknown';
  /** Whether each value is a pair of a key and the value proper, as in histories of jepsen.independent. */
  readonly isIndependent?: boolean;
}

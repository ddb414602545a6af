import type { AnyAddress } from './address.js';
import type { Message } from './data.js';

/** A log sequence number: how many records a node's write-ahead log has ever taken. */
export type Lsn = number;

/** The address of a step: `node:step`. Every tool accepts it. */
export type StepAddress = string;

/** Of the envelopes that this release sends. */
export const SCHEMA_VERSION = 1;

/** What travels between actors: a message and what the tools need to know of it. The same in the simulator and on the wire. */
export interface Envelope {
  readonly from: AnyAddress;
  readonly to: AnyAddress;
  /** The incarnation of the sending node. */
  readonly incarnation: number;
  /** If not 0, only this incarnation of the receiving node may take it: replies do not reach a later life. */
  readonly toIncarnation: number;
  /** Counts what the sending node has sent in this incarnation. (incarnation, sequence) only grows. */
  readonly sequence: number;
  /** The step of the sending node that caused it. */
  readonly causeStep: number;
  /** Lamport's logical clock of the sender. */
  readonly lamport: number;
  /** W3C trace context of the work that it belongs to, or ''. */
  readonly traceparent: string;
  /** Version of the message schema the sender speaks. */
  readonly schemaVersion: number;
  /** For a question its number; for an answer the number of the question, negated; 0 otherwise. */
  readonly correlation: number;
  /** The sender's LSN that the message rests on (output commit). */
  readonly stamp: Lsn;
  readonly message: Message;
}

/**
 * Points of the write-ahead log that a simulator may fire, and production never does: what the log does now and then it does then at once.
 * - `log.batch-of-one`: a batch holds one record
 * - `log.roll-segment`: a batch begins a segment of its own
 * - `log.checkpoint-early`: what has become durable is put in the place of the log before it
 */
export const STORAGE_FAULT_POINTS = Object.freeze([
  'log.batch-of-one',
  'log.roll-segment',
  'log.checkpoint-early',
] as const);

/** Whether a point fires. */
export type FaultPoints = (point: (typeof STORAGE_FAULT_POINTS)[number]) => boolean;

export const nothingFires: FaultPoints = () => false;

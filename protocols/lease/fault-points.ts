/**
 * Points that a simulator may fire, and production never does. All that comes of them is allowed at any time.
 * - `lease.snapshot-early`: the store puts a snapshot in the place of a short log
 * - `lease.batch-of-one`: a watcher is given one event at a time
 */
export const LEASE_FAULT_POINTS = Object.freeze(['lease.snapshot-early', 'lease.batch-of-one'] as const);

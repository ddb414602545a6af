/**
 * Points that a simulator may fire, and production never does. All that comes of them is allowed at any time.
 * - `planner.plan-of-one`: a plan has one tick
 * - `planner.resign-early`: a planner gives up its office
 * - `worker.skip-renewal`: a worker leaves out a renewal of its lease
 */
export const SCHEDULER_FAULT_POINTS = Object.freeze([
  'planner.plan-of-one',
  'planner.resign-early',
  'worker.skip-renewal',
] as const);

import { percentile, type CoordinatorFigures } from './comparison.js';
import { durationLabel } from './distribution-plot.js';

/** One line of the comparison: what it tells, and how it is read from the figures of a coordinator. */
export interface SummaryRow {
  readonly name: string;
  read(figures: CoordinatorFigures): string;
}

/** The comparison's lines, the same on a terminal and on the page. */
export const SUMMARY_ROWS: readonly SummaryRow[] = Object.freeze([
  { name: 'consistency', read: (one) => one.consistency },
  { name: 'an effect takes place once', read: (one) => one.effectOnce },
  { name: 'seeds (failed)', read: (one) => `${one.seeds} (${one.failedSeeds.length})` },
  { name: 'tasks accepted', read: (one) => String(one.tasksAccepted) },
  { name: 'tasks lost', read: (one) => String(one.tasksLost) },
  { name: 'tasks executed twice', read: (one) => String(one.executedTwice) },
  { name: 'effects that took place twice', read: (one) => String(one.effectsTwice) },
  { name: 'effects refused at the sink', read: (one) => String(one.effectsRefused) },
  { name: 'time to recover, median / p99', read: (one) => medianAndP99(one.timesToRecoverMs) },
  { name: 'leader switch, median / p99', read: (one) => medianAndP99(one.leaderSwitchesMs) },
  { name: 'split brain, simulated seconds', read: (one) => (one.splitBrainMs / 1000).toFixed(1) },
  { name: 'simulated time', read: (one) => `${(one.simulatedMs / 3_600_000).toFixed(2)} h` },
  { name: 'simulated seconds a second', read: (one) => String(Math.round(one.simulatedMs / Math.max(1, one.wallMs))) },
  { name: 'seeds a second', read: (one) => (one.seeds / (Math.max(1, one.wallMs) / 1000)).toFixed(1) },
]);

function medianAndP99(valuesMs: readonly number[]): string {
  const median = percentile(valuesMs, 50);
  const p99 = percentile(valuesMs, 99);
  return median === undefined || p99 === undefined ? 'no case' : `${durationLabel(median)} / ${durationLabel(p99)}`;
}

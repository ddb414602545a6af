import type { Comparison, CoordinatorFigures } from '../../web/report/comparison.js';
import { SUMMARY_ROWS } from '../../web/report/summary-rows.js';
import { renderTable, type Output } from '../output.js';

/** Prints the comparison as a table, a column for each coordinator. */
export function printComparison(output: Output, { figures, placements }: Comparison): void {
  const heads = ['', ...figures.map(({ coordinator }) => coordinator)];
  const rows = SUMMARY_ROWS.map(({ name, read }) => [name, ...figures.map((one: CoordinatorFigures) => read(one))]);
  output.print(renderTable(output, heads, rows));
  if (placements.length === 0) return;
  const different = placements.filter(({ inline, threads }) => inline !== threads);
  if (different.length === 0) {
    const seeds = placements.map(({ scenario, seed }) => `${scenario} ${seed}`).join(', ');
    output.print(output.colours.green(`fingerprints agree inline and with a worker thread for each node (${seeds})`));
  }
  for (const { scenario, seed, inline, threads } of different) {
    output.print(
      output.colours.red(`${scenario}, seed ${seed}: ${inline} inline, ${threads} with a thread for each node`),
    );
  }
}

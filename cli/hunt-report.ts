import type { ScenarioReport } from '../sim/hunt/hunt.js';
import type { RunSummary } from '../sim/hunt/seed-outcome.js';
import type { OpenedScenario } from './open-scenario.js';
import { formatCount, formatDuration, formatNumber, renderTable, type Output } from './output.js';

const VIOLATIONS_SHOWN = 5;

/** Tells of a seed that did not pass, and how to see it again. */
export function reportFailure(
  output: Output,
  scenario: OpenedScenario,
  run: RunSummary,
  artifact: string | undefined,
  replayCommand: string,
): void {
  const { colours } = output;
  output.print(colours.red(`${scenario.name}: seed ${run.seed} ${WHAT[run.verdict]}`));
  if (run.nondeterminism !== undefined) output.print(`  ${run.nondeterminism}`);
  for (const { property, step, atMs, message } of run.violations.slice(0, VIOLATIONS_SHOWN)) {
    const place = step === '' ? '' : ` at step ${step}, ${formatNumber(atMs)} ms`;
    output.print(`  ${colours.bold(property)}${place}: ${message}`);
  }
  const more = run.violations.length - VIOLATIONS_SHOWN;
  if (more > 0) output.print(`  and ${formatCount(more, 'violation')} more`);
  if (artifact !== undefined) output.print(`  artifact  ${artifact}`);
  output.print(`  replay    ${colours.cyan(replayCommand)}`);
}

const WHAT = {
  passed: 'passed',
  failed: 'failed',
  nondeterministic: 'depends on more than its seed',
  died: 'did not come to an end',
} as const;

/** Tells what the hunt of one scenario came to. */
export function reportScenario(output: Output, report: ScenarioReport): void {
  const { colours } = output;
  const { scenario, totals, missing, ending, reached } = report;
  const isBad = totals.failed + totals.nondeterministic > 0;
  const mark = isBad ? colours.red('FAILED') : missing.length > 0 ? colours.yellow('VACUOUS') : colours.green('ok');
  output.print(`${mark} ${colours.bold(scenario.name)}: ${describeTotals(report)}`);
  if (ending === 'interrupted') output.print('  interrupted: this is what was known by then');
  if (ending === 'stopped-at-failure') output.print('  stopped at the first failure; --keep-going runs all seeds');
  const names = Object.keys(reached);
  if (names.length > 0 && !isBad) {
    const rows = names.map((name) => [name, formatNumber(reached[name] ?? 0), share(reached[name] ?? 0, totals.seeds)]);
    output.print(renderTable(output, ['sometimes', 'seeds', 'share'], rows, [1, 2]));
  }
  for (const name of missing) {
    output.print(
      colours.yellow(
        `  sometimes ${name}: never reached in ${formatCount(totals.seeds, 'seed')}, so the hunt shows less than it claims`,
      ),
    );
  }
}

function describeTotals({ totals, wallMs, workers }: ScenarioReport): string {
  const { seeds, steps, simulatedMs, failed, nondeterministic } = totals;
  const seconds = Math.max(0.001, wallMs / 1000);
  return [
    formatCount(seeds, 'seed'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(nondeterministic > 0 ? [`${nondeterministic} nondeterministic`] : []),
    formatCount(steps, 'step'),
    `${formatDuration(simulatedMs)} simulated in ${formatDuration(wallMs)} on ${formatCount(workers, 'worker')}`,
    `${formatNumber(seeds / seconds)} seeds/s`,
    `${formatNumber(simulatedMs / 1000 / seconds)} simulated s/s`,
  ].join(', ');
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${formatNumber((100 * part) / whole)} %`;
}

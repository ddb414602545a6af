import type { Confidence } from '../sim/exploration/confidence.js';
import type { StrategySummary } from '../sim/exploration/strategy.js';
import type { ScenarioReport } from '../sim/hunt/hunt.js';
import type { FailureGroup } from '../sim/hunt/reduction.js';
import type { RunSummary } from '../sim/hunt/seed-outcome.js';
import type { OpenedScenario } from './open-scenario.js';
import { formatCount, formatDuration, formatNumber, renderTable, type Output } from './output.js';

const VIOLATIONS_SHOWN = 5;
const GROUPS_SHOWN = 30;

/** Tells of a seed that did not pass, and how to see it again. */
export function reportFailure(
  output: Output,
  scenario: Pick<OpenedScenario, 'name'>,
  run: RunSummary,
  artifact: string | undefined,
  replayCommand?: string,
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
  if (replayCommand !== undefined) output.print(`  replay    ${colours.cyan(replayCommand)}`);
}

const WHAT = {
  passed: 'passed',
  failed: 'failed',
  nondeterministic: 'depends on more than its seed',
  died: 'did not come to an end',
} as const;

/** What is told of a hunt; `wallMs` is absent where it was put together from several. */
export interface Told extends Omit<
  ScenarioReport,
  'scenario' | 'placement' | 'sometimes' | 'wallMs' | 'confidence' | 'census'
> {
  readonly name: string;
  readonly wallMs?: number;
  readonly confidence?: Confidence;
}

/** Tells what the hunt of one scenario came to. */
export function reportScenario(output: Output, report: Told, failuresWanted: number): void {
  const { colours } = output;
  const { name: scenario, totals, groups, missing, ending, reached } = report;
  const isBad = totals.failed + totals.nondeterministic > 0;
  const mark = isBad ? colours.red('FAILED') : missing.length > 0 ? colours.yellow('VACUOUS') : colours.green('ok');
  output.print(`${mark} ${colours.bold(scenario)}: ${describeTotals(report)}`);
  if (ending === 'interrupted') output.print('  interrupted: this is what was known by then');
  if (ending === 'time-budget') output.print('  the time budget is spent: seeds are left that were not run');
  if (ending === 'stopped-at-failure') {
    const where = failuresWanted === 1 ? 'the first failure' : `failure no. ${failuresWanted} of its kind`;
    output.print(`  stopped at ${where}; --keep-going runs all seeds`);
  }
  if (totals.failed + totals.nondeterministic > 1) output.print(renderGroups(output, groups));
  const names = Object.keys(reached);
  if (names.length > 0 && !isBad) {
    const rows = names.map((name) => [name, formatNumber(reached[name] ?? 0), share(reached[name] ?? 0, totals.seeds)]);
    output.print(renderTable(output, ['sometimes', 'seeds', 'share'], rows, [1, 2]));
  }
  if (totals.notOwed > 0) {
    output.print(
      `  progress was not owed in ${formatCount(totals.notOwed, 'seed')} (${share(totals.notOwed, totals.seeds)}): too little came back; \`replay\` says why`,
    );
  }
  reportConfidence(output, report, isBad);
  for (const name of missing) {
    output.print(
      colours.yellow(
        `  sometimes ${name}: never reached in ${formatCount(totals.seeds, 'seed')}, so the hunt shows less than it claims`,
      ),
    );
  }
}

/** What the hunt can say of what it has not seen. */
function reportConfidence(output: Output, { confidence, search, totals }: Told, isBad: boolean): void {
  if (search !== undefined) output.print(`  ${describeSearch(search)}`);
  if (confidence === undefined || confidence.unseenPpm === undefined || search?.kind === 'exhaustive') return;
  const { runs, statesSeen, statesSeenOnce, unseenPpm, newStatesPerHundredRuns, rare } = confidence;
  output.print(
    `  ${formatCount(statesSeen, 'abstract state')} seen, ${formatNumber(statesSeenOnce)} in one run only: about ` +
      `${formatNumber(unseenPpm / 10_000)} % of what runs come upon is still unseen (Good–Turing)` +
      // The estimate carries no further ahead than the runs that it was made from.
      (runs < 100 ? '' : `, ${formatNumber(newStatesPerHundredRuns)} new in the next 100 runs`),
  );
  const rarest = Object.entries(rare).sort(([, a], [, b]) => a - b);
  if (rarest.length === 0 || isBad) return;
  const told = rarest.map(([name, count]) => `${name} (${share(count, totals.seeds)})`);
  output.print(`  rare: ${told.join(', ')}`);
}

function describeSearch(search: StrategySummary): string {
  switch (search.kind) {
    case 'exhaustive': {
      const { executions, pruned, isComplete, bounds } = search;
      const what = `${formatCount(executions, 'execution')}, ${formatNumber(pruned)} pruned as the same as one of them`;
      const model = `every order and every loss${bounds.crashes === 0 ? '' : `, up to ${formatNumber(bounds.crashes)} crash${bounds.crashes === 1 ? '' : 'es'}`}`;
      return isComplete
        ? `complete: ${model}; ${what}`
        : `bounded: at most ${formatCount(bounds.events, 'event')} in a run and ${formatCount(bounds.executions, 'run')}; ${what}`;
    }
    case 'coverage':
      return `coverage: ${formatNumber(search.fresh)} fresh runs, ${formatNumber(search.mutants)} varied from the ${formatNumber(search.corpus)} that are kept`;
    case 'portfolio': {
      const dealt = Object.entries(search.runs).map(([name, runs]) => `${formatNumber(runs)} ${name}`);
      return `portfolio: ${dealt.join(', ')}; ${formatNumber(search.corpus)} runs are kept`;
    }
  }
}

function renderGroups(output: Output, groups: readonly FailureGroup[]): string {
  const shown = groups.slice(0, GROUPS_SHOWN);
  const rows = shown.map(({ name, seeds, firstSeed }) => [name, formatNumber(seeds), String(firstSeed)]);
  if (groups.length > shown.length) rows.push([`and ${groups.length - shown.length} more`, '', '']);
  return renderTable(output, ['failures alike', 'seeds', 'first'], rows, [1, 2]);
}

function describeTotals({ totals, wallMs, workers }: Told): string {
  const { seeds, steps, simulatedMs, failed, nondeterministic } = totals;
  return [
    formatCount(seeds, 'seed'),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(nondeterministic > 0 ? [`${nondeterministic} nondeterministic`] : []),
    formatCount(steps, 'step'),
    ...(wallMs === undefined
      ? [`${formatDuration(simulatedMs)} simulated on ${formatCount(workers, 'worker')}`]
      : describeSpeed(seeds, simulatedMs, wallMs, workers)),
  ].join(', ');
}

function describeSpeed(seeds: number, simulatedMs: number, wallMs: number, workers: number): readonly string[] {
  const seconds = Math.max(0.001, wallMs / 1000);
  return [
    `${formatDuration(simulatedMs)} simulated in ${formatDuration(wallMs)} on ${formatCount(workers, 'worker')}`,
    `${formatNumber(seeds / seconds)} seeds/s`,
    `${formatNumber(simulatedMs / 1000 / seconds)} simulated s/s`,
  ];
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${formatNumber((100 * part) / whole)} %`;
}

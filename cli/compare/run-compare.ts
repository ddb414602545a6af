import { writeFileSync } from 'node:fs';
import { createCalendar } from '../../runtime/node/calendar.js';
import type { Plain } from '../../runtime/data.js';
import type { Coordinator } from '../../protocols/coordinator/index.js';
import { gossipCoordinator } from '../../protocols/gossip/index.js';
import { leaseCoordinator } from '../../protocols/lease/index.js';
import { raftCoordinator } from '../../protocols/raft/index.js';
import { readDefinitionsFile } from '../../scheduler/service/files/definitions-file.js';
import { hunt, type ScenarioReport } from '../../sim/hunt/hunt.js';
import { countSeeds, parseSeedRange } from '../../sim/hunt/seed-range.js';
import type { RunSummary } from '../../sim/hunt/seed-outcome.js';
import { comparisonPage } from '../../web/report/page.js';
import type { Comparison, CoordinatorFigures, PlacementCheck, WorstSeed } from '../../web/report/comparison.js';
import type { CompareFlags } from '../compare-flags.js';
import { exitCodeOf } from '../exit-code.js';
import { writeFailure } from '../failure-artifact.js';
import { defaultWorkers } from '../hunt-flags.js';
import { reportFailure } from '../hunt-report.js';
import { interruptible } from '../interruptible.js';
import { madeByThis } from '../made-by.js';
import { openScenario, type OpenedScenario } from '../open-scenario.js';
import { formatCount, processOutput, type Output } from '../output.js';
import { checkOutputFile, checkOutputFolder } from '../output-path.js';
import { progressDisplay } from '../progress.js';
import { orreryCommand } from '../replay-command.js';
import { coordinatorFigures } from './coordinator-figures.js';
import { checkPlacements } from './placement-check.js';
import { printComparison } from './print-comparison.js';
import { pictureWorstSeed } from './worst-seed.js';

const FAILURES_TOLD_MAX = 5;

interface Contestant {
  readonly coordinator: Coordinator;
  readonly scenario: OpenedScenario;
}

/** What the hunts of all coordinators left. */
interface Hunted {
  readonly reports: readonly ScenarioReport[];
  readonly runsOf: ReadonlyMap<string, readonly RunSummary[]>;
}

/** `orrery compare`; answers the exit code. */
export async function runCompare(flags: CompareFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  checkOutputFile('--report', flags.report);
  checkOutputFolder('--out', flags.out);
  const output = processOutput(flags.json === '-');
  const params = readParams(flags.tasks);
  const contestants: Contestant[] = [];
  for (const coordinator of [raftCoordinator, leaseCoordinator, gossipCoordinator]) {
    const scenario = await openScenario(`scheduler-${coordinator.name}`);
    contestants.push({ coordinator, scenario: { ...scenario, reference: { ...scenario.reference, params } } });
  }
  return interruptible(async (signal) => {
    const hunted = await huntAll(contestants, flags, output, signal);
    const figures = hunted.reports.map((report, index) => figuresOf(contestants[index]!, report, hunted));
    const placements = signal.aborted ? [] : await checkAllPlacements(contestants, hunted, flags, output);
    const comparison = { ...comparisonOf(flags, figures), placements, worst: [] };
    printComparison(output, comparison);
    await writeResults(flags, comparison, contestants, hunted, output);
    return exitCodeOf({
      nondeterministic: placements.some(({ inline, threads }) => inline !== threads),
      failed: figures.some(({ failedSeeds }) => failedSeeds.length > 0),
      vacuous: false,
      interrupted: signal.aborted,
    });
  });
}

function readParams(tasksFile: string | undefined): Plain {
  if (tasksFile === undefined) return {};
  return { tasks: readDefinitionsFile(tasksFile, createCalendar()) as unknown as Plain };
}

async function huntAll(
  contestants: readonly Contestant[],
  flags: CompareFlags,
  output: Output,
  signal: AbortSignal,
): Promise<Hunted> {
  const seeds = parseSeedRange(flags.seeds);
  const display = progressDisplay();
  const runsOf = new Map<string, RunSummary[]>(contestants.map(({ scenario }) => [scenario.name, []]));
  const scenarioOf = new Map(contestants.map(({ scenario }) => [scenario.name, scenario]));
  const madeBy = madeByThis();
  let told = 0;
  const reports = await hunt({
    seeds,
    scenarios: contestants.map(({ scenario }) => scenario),
    placement: { kind: 'inline' },
    workers: Math.min(flags.workers ?? defaultWorkers(false), countSeeds(seeds)),
    failuresWanted: Infinity,
    verify: 'tenth',
    isGuarded: true,
    limits: { timeoutMs: 120_000 },
    signal,
    onOutcome: ({ name }, outcome) => {
      const { run, details } = outcome;
      runsOf.get(name)?.push(run);
      const scenario = scenarioOf.get(name);
      if (run.verdict === 'passed' || scenario === undefined || ++told > FAILURES_TOLD_MAX) return;
      display.clear();
      const artifact =
        details === undefined ? undefined : writeFailure(flags.out, scenario, 'inline', madeBy, run, details);
      reportFailure(output, scenario, run, artifact, replayCommand(artifact ?? `${name} --seed ${run.seed}`));
    },
    onProgress: ({ scenario, seedsWanted, totals }) => {
      const { seeds: done, simulatedMs, failed, nondeterministic } = totals;
      display.show({ label: scenario, done, wanted: seedsWanted, failures: failed + nondeterministic, simulatedMs });
    },
    onScenario: () => display.clear(),
  });
  return { reports, runsOf };
}

function replayCommand(what: string): string {
  return `${orreryCommand()} replay ${what}`;
}

function figuresOf({ coordinator }: Contestant, report: ScenarioReport, { runsOf }: Hunted): CoordinatorFigures {
  return coordinatorFigures(coordinator, report, runsOf.get(report.scenario.name) ?? []);
}

async function checkAllPlacements(
  contestants: readonly Contestant[],
  { runsOf }: Hunted,
  flags: CompareFlags,
  output: Output,
): Promise<readonly PlacementCheck[]> {
  const checks: PlacementCheck[] = [];
  for (const { scenario } of contestants) {
    const runs = (runsOf.get(scenario.name) ?? [])
      .filter(({ verdict }) => verdict === 'passed')
      .slice(0, flags.threadSeeds);
    if (runs.length > 0)
      output.note(`${scenario.name}: ${formatCount(runs.length, 'seed')} once more, with a thread for each node`);
    checks.push(...(await checkPlacements(scenario, runs)));
  }
  return checks;
}

function comparisonOf(
  flags: CompareFlags,
  figures: readonly CoordinatorFigures[],
): Omit<Comparison, 'placements' | 'worst'> {
  const { first, last } = parseSeedRange(flags.seeds);
  return {
    tasksFile: flags.tasks ?? 'built-in tasks',
    firstSeed: first,
    lastSeed: last,
    figures,
    nodeVersion: process.version,
    zoneDataVersion: createCalendar().zoneDataVersion,
  };
}

async function writeResults(
  flags: CompareFlags,
  comparison: Comparison,
  contestants: readonly Contestant[],
  { runsOf }: Hunted,
  output: Output,
): Promise<void> {
  if (flags.report === undefined && flags.json === undefined) return;
  const worst = await worstSeeds(flags, contestants, runsOf, output);
  if (flags.report !== undefined) {
    writeFileSync(flags.report, comparisonPage({ ...comparison, worst }));
    output.print(`report: ${flags.report}`);
  }
  if (flags.json === undefined) return;
  const document = comparisonDocument({ ...comparison, worst });
  if (flags.json === '-') process.stdout.write(document);
  else writeFileSync(flags.json, document);
}

/** The traces stay out of the document: the command of each replays it. */
function comparisonDocument(comparison: Comparison): string {
  const worst = comparison.worst.map((one) => ({ ...one, trace: undefined }));
  return `${JSON.stringify({ schemaVersion: 1, ...comparison, worst }, null, 1)}\n`;
}

async function worstSeeds(
  flags: CompareFlags,
  contestants: readonly Contestant[],
  runsOf: ReadonlyMap<string, readonly RunSummary[]>,
  output: Output,
): Promise<readonly WorstSeed[]> {
  const worst: WorstSeed[] = [];
  for (const { coordinator, scenario } of contestants) {
    const runs = runsOf.get(scenario.name) ?? [];
    const picture = await pictureWorstSeed(coordinator.name, scenario, runs, { folder: flags.out, output });
    if (picture !== undefined) worst.push(picture);
  }
  return worst;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXIT } from '../exit-code.js';
import type { MutantsFlags } from '../mutants-flags.js';
import { formatDuration, formatNumber, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { corpusFilesUnder, readCorpus, type PlantedBug } from './corpus.js';
import { huntMutant, type MutantOutcome } from './mutant-hunt.js';
import { isSmallEnough, minimiseMutant, type MinimisedMutant } from './minimised-mutant.js';
import { findProjectRoot } from './project-root.js';
import { ScratchBuild } from './scratch-build.js';
import { selectBugs, writeDocument } from './selection.js';
import { verifyMutant, type Verification } from './verification.js';

/** What became of one planted bug. */
interface MutantReport extends MutantOutcome, Verification {
  /** With `--minimise`, where the bug was found. */
  readonly minimised?: MinimisedMutant;
}

/** Plants, hunts, replays; answers the exit code. */
export async function runMutants(flags: MutantsFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const projectRoot = findProjectRoot('mutants');
  const bugs = selectBugs(readCorpus(flags.corpus ?? corpusFilesUnder(projectRoot)), flags.only);
  if (flags.list === true) {
    printCorpus(output, bugs);
    if (flags.json !== undefined) writeDocument(flags.json, bugs);
    return EXIT.fine;
  }
  const reports = await reportAll(bugs, projectRoot, flags, output);
  printReports(output, reports);
  if (flags.json !== undefined) {
    writeDocument(
      flags.json,
      reports.map(({ bug, ...rest }) => ({ ...bug, ...rest })),
    );
  }
  if (flags.minimise === true) printMinimised(output, reports);
  const isDone = (report: MutantReport): boolean =>
    isProven(report) && (flags.minimise !== true || isSmallEnough(report.bug, report.minimised));
  return reports.every(isDone) ? EXIT.fine : EXIT.propertyFailed;
}

function printCorpus(output: Output, bugs: readonly PlantedBug[]): void {
  const rows = bugs.map((bug) => [bug.name, bug.scenario, bug.expects, bug.source]);
  output.print(renderTable(output, ['bug', 'scenario', 'expects', 'source'], rows));
}

async function reportAll(
  bugs: readonly PlantedBug[],
  projectRoot: string,
  flags: MutantsFlags,
  output: Output,
): Promise<readonly MutantReport[]> {
  const scratch = new ScratchBuild(projectRoot);
  const outDirectory = mkdtempSync(join(tmpdir(), 'orrery-mutants-out-'));
  const budget = { lastSeed: flags.seeds, wallMs: flags.budget * 1000 };
  const cleanCli = join(projectRoot, 'dist/cli/main.js');
  const reports: MutantReport[] = [];
  try {
    for (const bug of bugs) {
      output.note(
        `planting ${bug.name} (${reports.length + 1} of ${bugs.length}), hunting ${bug.scenario} for ${bug.expects}`,
      );
      const remove = await scratch.plant(bug);
      const outcome = await huntMutant(scratch.cli, bug, budget, outDirectory);
      // Before the verification: a hunt writes its artifacts over those of an earlier one.
      const minimised = flags.minimise === true ? await minimiseMutant(scratch.cli, outcome, outDirectory) : undefined;
      const verification = await verifyMutant(outcome, { plantedCli: scratch.cli, cleanCli, outDirectory });
      remove();
      const report = { ...outcome, ...verification, ...(minimised === undefined ? {} : { minimised }) };
      reports.push(report);
      output.note(`  ${describe(report)}`);
    }
  } finally {
    scratch.remove();
    rmSync(outDirectory, { recursive: true, force: true });
  }
  return reports;
}

function isProven({ found, isReplayed, isCleanPassing }: MutantReport): boolean {
  return found && isReplayed && isCleanPassing;
}

function describe(report: MutantReport): string {
  const spent = `${formatNumber(report.seedsRun)} seeds, ${formatDuration(report.wallMs)}`;
  if (!report.found) return `not found in ${spent}`;
  const doubts = [
    report.isReplayed ? '' : 'but its replay differs',
    report.isCleanPassing ? '' : 'but the build without it fails too',
  ];
  return [
    `found at seed ${report.seed}, step ${report.step}, in ${spent}`,
    ...doubts.filter((doubt) => doubt !== ''),
    ...describeSmall(report.minimised),
  ].join(', ');
}

function describeSmall(minimised: MinimisedMutant | undefined): readonly string[] {
  if (minimised === undefined) return [];
  const { faults, faultsFound, wallMs } = minimised;
  return [`made small from ${faultsFound} to ${faults} faults in ${formatDuration(wallMs)}`];
}

function printReports(output: Output, reports: readonly MutantReport[]): void {
  const { green, red } = output.colours;
  const rows = reports.map((report) => [
    report.bug.name,
    report.bug.expects,
    report.found ? green('found') : red('NOT FOUND'),
    report.seed === undefined ? '' : String(report.seed),
    report.step ?? '',
    formatNumber(report.steps),
    formatDuration(report.wallMs),
    report.found ? (report.isReplayed ? 'same' : red('DIFFERENT')) : '',
    report.found ? (report.isCleanPassing ? 'passes' : red('FAILS')) : '',
  ]);
  const heads = ['bug', 'property', 'verdict', 'seed', 'step', 'steps run', 'time', 'replay', 'without it'];
  output.print(renderTable(output, heads, rows, [3, 5, 6]));
  const found = reports.filter(isProven).length;
  output.print(
    `${found} of ${reports.length} planted bugs found by their property, replayed, and absent without the bug`,
  );
}

function printMinimised(output: Output, reports: readonly MutantReport[]): void {
  const { green, red } = output.colours;
  const rows = reports.map(({ bug, found, minimised }) => [
    bug.name,
    minimised === undefined ? '' : String(minimised.faultsFound),
    minimised === undefined ? '' : String(minimised.faults),
    bug.leastFaults === undefined ? '' : String(bug.leastFaults),
    minimised === undefined ? '' : String(minimised.requests),
    minimised === undefined ? '' : String(minimised.nodes),
    minimised === undefined ? '' : formatNumber(minimised.runs),
    minimised === undefined ? '' : formatDuration(minimised.wallMs),
    !found
      ? ''
      : isSmallEnough(bug, minimised)
        ? green('small')
        : red(minimised === undefined ? 'NOT MINIMISED' : 'TOO LARGE'),
  ]);
  const heads = ['bug', 'faults found', 'faults', 'least known', 'requests', 'nodes', 'runs', 'time', 'verdict'];
  output.print(renderTable(output, heads, rows, [1, 2, 3, 4, 5, 6, 7]));
}

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EXIT } from '../exit-code.js';
import type { MutantsFlags } from '../mutants-flags.js';
import { formatDuration, formatNumber, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { UsageError } from '../usage-error.js';
import { corpusFilesUnder, readCorpus, type PlantedBug } from './corpus.js';
import { huntMutant, type MutantOutcome } from './mutant-hunt.js';
import { ScratchBuild } from './scratch-build.js';
import { verifyMutant, type Verification } from './verification.js';

/** What became of one planted bug. */
interface MutantReport extends MutantOutcome, Verification {}

/** Plants, hunts, replays; answers the exit code. */
export async function runMutants(flags: MutantsFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const projectRoot = findProjectRoot();
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
  return reports.every(isProven) ? EXIT.fine : EXIT.propertyFailed;
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
      const verification = await verifyMutant(outcome, { plantedCli: scratch.cli, cleanCli, outDirectory });
      remove();
      const report = { ...outcome, ...verification };
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
  ].join(', ');
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

function writeDocument(file: string, bugs: readonly object[]): void {
  const document = `${JSON.stringify({ version: 1, bugs }, null, 2)}\n`;
  if (file === '-') process.stdout.write(document);
  else writeFileSync(file, document);
}

function selectBugs(bugs: readonly PlantedBug[], only: readonly string[] | undefined): readonly PlantedBug[] {
  if (only === undefined) return bugs;
  const unknown = only.find((name) => !bugs.some((bug) => bug.name === name));
  if (unknown !== undefined)
    throw new UsageError(`no planted bug is named ${unknown}; orrery mutants --list names them all`);
  return bugs.filter((bug) => only.includes(bug.name));
}

/** The clone that this build belongs to: planted bugs are replacements in its sources. */
function findProjectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'props/planted')) || !existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder)
      throw new UsageError(
        'orrery mutants needs the sources: run it in a clone of the project, after `npm ci && npm run build`',
      );
    folder = parent;
  }
  return folder;
}

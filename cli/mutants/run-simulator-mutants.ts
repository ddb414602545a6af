import { EXIT } from '../exit-code.js';
import type { MutantsFlags } from '../mutants-flags.js';
import { formatDuration, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { UsageError } from '../usage-error.js';
import { readSimulatorCorpus, simulatorCorpusUnder, type SimulatorBug } from './corpus.js';
import { findProjectRoot } from './project-root.js';
import { selectBugs, writeDocument } from './selection.js';
import { ScratchSources } from './scratch-sources.js';
import { SimulatorTrials, type SimulatorReport } from './simulator-trial.js';

/** `orrery mutants --simulator`: breaks the simulator and runs the tests that must notice; answers the exit code. */
export async function runSimulatorMutants(flags: MutantsFlags): Promise<number> {
  if (flags.minimise === true) throw new UsageError('--minimise makes hunted runs small; --simulator hunts nothing');
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const projectRoot = findProjectRoot('mutants');
  const bugs = selectBugs(readSimulatorCorpus(flags.corpus ?? [simulatorCorpusUnder(projectRoot)]), flags.only);
  if (flags.list === true) {
    const rows = bugs.map(({ name, test, expects, source }) => [name, test, expects, source]);
    output.print(renderTable(output, ['mutation', 'test', 'expects', 'source'], rows));
    if (flags.json !== undefined) writeDocument(flags.json, bugs);
    return EXIT.fine;
  }
  const reports = await tryAll(bugs, projectRoot, output);
  printReports(output, reports);
  if (flags.json !== undefined) {
    writeDocument(
      flags.json,
      reports.map(({ bug, ...rest }) => ({ ...bug, ...rest })),
    );
  }
  return reports.every(({ verdict }) => verdict === 'caught') ? EXIT.fine : EXIT.propertyFailed;
}

async function tryAll(
  bugs: readonly SimulatorBug[],
  projectRoot: string,
  output: Output,
): Promise<readonly SimulatorReport[]> {
  const scratch = new ScratchSources(projectRoot);
  const reports: SimulatorReport[] = [];
  try {
    const trials = new SimulatorTrials(scratch);
    for (const bug of bugs) {
      output.note(`breaking ${bug.file}: ${bug.name} (${reports.length + 1} of ${bugs.length}), running ${bug.test}`);
      const report = await trials.try(bug);
      reports.push(report);
      output.note(`  ${report.verdict} in ${formatDuration(report.wallMs)}`);
    }
  } finally {
    scratch.remove();
  }
  return reports;
}

function printReports(output: Output, reports: readonly SimulatorReport[]): void {
  const { green, red } = output.colours;
  const rows = reports.map(({ bug, verdict, failed, wallMs }) => [
    bug.name,
    bug.test,
    bug.expects,
    verdict === 'caught' ? green(verdict) : red(verdict.toUpperCase()),
    String(failed.length),
    formatDuration(wallMs),
  ]);
  output.print(renderTable(output, ['mutation', 'test', 'must fail', 'verdict', 'failed', 'time'], rows, [4, 5]));
  const caught = reports.filter(({ verdict }) => verdict === 'caught').length;
  output.print(`${caught} of ${reports.length} broken simulators caught by the test that must notice them`);
}

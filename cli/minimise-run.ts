import { writeFileSync } from 'node:fs';
import { readArtifact, writeArtifact, type Artifact, type OriginalRun } from '../sim/artifact/artifact.js';
import { runSpecOf } from '../sim/artifact/regressions.js';
import { minimiseFailure, type MinimisedRun } from '../sim/hunt/minimise-failure.js';
import type { Violation } from '../sim/properties/property.js';
import { describeMoment, describeTarget } from '../sim/trace/trace-lines.js';
import { EXIT } from './exit-code.js';
import { originOf } from './failure-artifact.js';
import { interruptible } from './interruptible.js';
import { madeByThis } from './made-by.js';
import type { MinimiseFlags } from './minimise-flags.js';
import { describeSize, minimiseDisplay } from './minimise-progress.js';
import { openOrigin, type OpenedScenario } from './open-scenario.js';
import { formatCount, formatDuration, formatNumber, processOutput, renderTable, type Output } from './output.js';
import { checkOutputFile } from './output-path.js';
import { orreryCommand, quoted, shortest } from './replay-command.js';
import { hasDied } from './replay-verdict.js';
import { UsageError } from './usage-error.js';

/** Goes up when a reader of the document would have to change. */
const SCHEMA_VERSION = 1;

/** `orrery minimise`; answers the exit code. */
export async function runMinimise(file: string, flags: MinimiseFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  checkOutputFile('--out', flags.out);
  const output = processOutput(flags.json === '-');
  return interruptible((signal) => minimiseArtifact(file, flags, output, signal));
}

/** Makes the run of an artifact small, writes it and tells of it; answers the exit code. */
export async function minimiseArtifact(
  file: string,
  flags: MinimiseFlags,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const artifact = readArtifact(file);
  const target = targetOf(file, artifact, flags.property);
  const scenario = await openOrigin(artifact.scenario.origin, file);
  const display = minimiseDisplay();
  const found = await minimiseFailure({
    scenario: scenario.reference,
    original: runSpecOf(artifact),
    ...{ target, runsMax: flags.runs, budgetMs: flags.budgetS * 1000, signal },
    onProgress: (progress) => display.show(progress),
  }).finally(() => display.clear());
  if (found.ending === 'passes') {
    throw new UsageError(`${file}: ${found.message}; \`orrery replay ${file}\` tells how it differs`);
  }
  if (found.ending === 'nondeterministic') {
    output.print(output.colours.red(`${file}: ${found.message}`));
    return EXIT.nondeterminism;
  }
  const smallFile = flags.out ?? `${file.replace(/\.json$/, '')}-small.json`;
  const small = smallArtifact(artifact, scenario, smallFile, target, found);
  writeArtifact(smallFile, small);
  report(output, artifact, small, found, smallFile);
  if (flags.json !== undefined) writeDocument(flags.json, artifact, small, found, smallFile);
  return EXIT.fine;
}

function targetOf(file: string, artifact: Artifact, property: string | undefined): Violation {
  const { violations, nondeterminism } = artifact;
  if (hasDied(artifact)) {
    throw new UsageError(
      `${file}: this run did not come to an end, so that there is no violation that a smaller one could keep; \`orrery replay ${file}\` shows where it was`,
    );
  }
  if (nondeterminism !== undefined) {
    throw new UsageError(`${file}: this run depends on more than its seed (${nondeterminism}); mend that first`);
  }
  const target =
    property === undefined ? violations[0] : violations.find((violation) => violation.property === property);
  if (target !== undefined) return target;
  if (violations.length === 0)
    throw new UsageError(`${file}: no property failed in this run; there is nothing to keep`);
  const failed = violations.map((violation) => violation.property).join(', ');
  throw new UsageError(`--property ${property}: it did not fail in this run; ${failed} did`);
}

function smallArtifact(
  artifact: Artifact,
  scenario: OpenedScenario,
  file: string,
  target: Violation,
  { runCase, result, digest, runs, ending }: MinimisedRun,
): Artifact {
  const { fingerprint, steps, simulatedMs, violations, reached, faults } = result;
  const { seed, setup, plan, arrivals, cutAtMs } = runCase;
  return {
    scenario: { ...artifact.scenario, origin: originOf(scenario, file) },
    ...{ seed, placement: 'inline', fingerprint, steps, simulatedMs, violations, reached, faults, setup, plan, digest },
    ...(arrivals === undefined ? {} : { arrivals }),
    ...(cutAtMs === undefined ? {} : { cutAtMs }),
    minimised: {
      // Of a small run that is made smaller, the first one stays.
      original: artifact.minimised?.original ?? originalRun(artifact),
      ...{ property: target.property, runs, isMinimal: ending === 'minimal' },
    },
    madeBy: madeByThis(),
  };
}

function originalRun(artifact: Artifact): OriginalRun {
  const { seed, fingerprint, steps, simulatedMs, violations, setup, plan, faults } = artifact;
  const { arrivals, cutAtMs, digest } = artifact;
  return {
    ...{ seed, fingerprint, steps, simulatedMs, violations, setup, plan, faults },
    ...(arrivals === undefined ? {} : { arrivals }),
    ...(cutAtMs === undefined ? {} : { cutAtMs }),
    ...(digest === undefined ? {} : { digest }),
  };
}

const ENDED_BY = {
  minimal: 'nothing more can be left out',
  runs: 'the budget of runs is spent; --runs gives it more',
  time: 'the time is over; --budget-s gives it more',
  interrupted: 'interrupted; this is the smallest known by then',
} as const;

function report(output: Output, before: Artifact, small: Artifact, found: MinimisedRun, file: string): void {
  const { colours } = output;
  const { runs, wallMs, ending } = found;
  const was = describeSize(sizeOf(before));
  const spent = `${formatCount(runs, 'run')}, ${formatDuration(wallMs)}`;
  output.print(
    `${colours.green('minimised')} from ${was} to ${describeSize(sizeOf(small))} in ${spent}: ${ENDED_BY[ending]}`,
  );
  const rows = small.plan.faults.map((fault) => [
    fault.name,
    fault.fault,
    describeMoment(fault),
    fault.forMs === undefined ? 'until healing' : `${formatNumber(fault.forMs)} ms`,
    describeTarget(fault),
    Object.keys(fault.params).length === 0 ? '' : JSON.stringify(fault.params),
  ]);
  if (rows.length > 0)
    output.print(renderTable(output, ['fault', 'kind', 'begins', 'for', 'target', 'parameters'], rows));
  const violation = violationOf(small);
  output.print(
    `  ${colours.bold(violation.property)} at step ${violation.step}, ${formatNumber(violation.atMs)} ms: ${violation.message}`,
  );
  output.print(`  artifact  ${file}`);
  output.print(`  replay    ${colours.cyan([orreryCommand(), 'replay', quoted(shortest(file))].join(' '))}`);
}

function sizeOf({ plan, setup }: Artifact): { faults: number; requests: number; nodes: number } {
  return { faults: plan.faults.length, requests: setup.workload.length, nodes: setup.nodes.length };
}

function violationOf({ violations, minimised }: Artifact): Violation {
  const found = violations.find(({ property }) => property === minimised?.property);
  if (found === undefined) throw new TypeError('what was made small violates its property');
  return found;
}

function writeDocument(target: string, before: Artifact, small: Artifact, found: MinimisedRun, artifact: string): void {
  const { runs, wallMs, ending } = found;
  const { seed, fingerprint, simulatedMs, steps } = small;
  const document = {
    schemaVersion: SCHEMA_VERSION,
    ...{
      scenario: small.scenario.name,
      seed,
      artifact,
      ending,
      runs,
      wallMs,
      fingerprint,
      violation: violationOf(small),
    },
    original: { ...sizeOf(before), steps: before.steps, simulatedMs: before.simulatedMs },
    small: { ...sizeOf(small), steps, simulatedMs },
  };
  const text = `${JSON.stringify(document, null, 1)}\n`;
  if (target === '-') process.stdout.write(text);
  else writeFileSync(target, text);
}

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readArtifact, writeArtifact, type Artifact } from '../../sim/artifact/artifact.js';
import { readRegressions, runSpecOf, type KeptRegression } from '../../sim/artifact/regressions.js';
import { PlacedRun } from '../../sim/hunt/placed-run.js';
import { EXIT } from '../exit-code.js';
import { originOf } from '../failure-artifact.js';
import { findProjectRoot } from '../mutants/project-root.js';
import { openOrigin } from '../open-scenario.js';
import { formatDuration, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import type { RegressionsFlags } from '../regressions-flags.js';
import { runOrHang } from '../replay-hang.js';
import { describeVerdict, recordedViolation, verdictOf, type ReplayVerdict } from '../replay-verdict.js';
import { UsageError } from '../usage-error.js';

/** What became of one of them on this build; without a verdict where it never violated a property. */
interface RegressionReport {
  readonly kept: KeptRegression;
  readonly verdict: ReplayVerdict | undefined;
  readonly isFailing: boolean;
  /** Where it did not come to an end. */
  readonly hang?: string;
  readonly wallMs: number;
}

const SCHEMA_VERSION = 1;
const NAME = /^[a-z0-9-]{3,80}$/;

/** `orrery regressions`; answers the exit code. */
export async function runRegressions(given: string | undefined, flags: RegressionsFlags): Promise<number> {
  checkOutputFile('--json', flags.json);
  refuseWithoutKeep(flags);
  const output = processOutput(flags.json === '-');
  const folder = given ?? join(findProjectRoot('regressions', ', or name a folder of your own'), 'props/regressions');
  if (flags.keep !== undefined) return keep(output, folder, flags.keep, flags);
  const all = selected(readRegressions(folder), flags.only);
  if (all.length === 0) throw new UsageError(`${folder}: there is no artifact in it; --keep ARTIFACT puts one there`);
  if (flags.list === true) {
    const rows = all.map(({ name, artifact, broke }) => [name, artifact.scenario.name, faultsOf(artifact), broke]);
    output.print(renderTable(output, ['regression', 'scenario', 'faults', 'once broke'], rows, [2]));
    return EXIT.fine;
  }
  const reports: RegressionReport[] = [];
  for (const kept of all) reports.push(await carryOut(kept, flags.seedTimeout * 1000));
  print(output, reports);
  if (flags.json !== undefined) writeDocument(flags.json, reports);
  if (reports.some(({ isFailing }) => isFailing)) return EXIT.propertyFailed;
  return reports.some(({ verdict }) => verdict?.kind === 'diverged') ? EXIT.diverged : EXIT.fine;
}

function refuseWithoutKeep(flags: RegressionsFlags): void {
  if (flags.keep !== undefined) return;
  for (const option of ['name', 'broke', 'planted'] as const) {
    if (flags[option] !== undefined) throw new UsageError(`--${option} belongs to --keep ARTIFACT; give that as well`);
  }
}

async function carryOut(kept: KeptRegression, timeoutMs: number): Promise<RegressionReport> {
  const { artifact, file } = kept;
  const scenario = await openOrigin(artifact.scenario.origin, file);
  const placed = await PlacedRun.load(scenario.reference, { kind: 'inline' }, false);
  const startedMs = performance.now();
  const came = runOrHang(placed, runSpecOf(artifact), { keepTrace: true }, timeoutMs, false);
  if ('hang' in came) {
    const { message } = came.hang.violation;
    return { kept, verdict: undefined, isFailing: true, hang: message, wallMs: performance.now() - startedMs };
  }
  const { result } = came.ended;
  const then = recordedViolation(artifact);
  const verdict = then === undefined ? undefined : verdictOf(artifact, then, result);
  return { kept, verdict, isFailing: result.verdict === 'failed', wallMs: result.wallMs };
}

function print(output: Output, reports: readonly RegressionReport[]): void {
  const { green, red, yellow } = output.colours;
  const rows = reports.map(({ kept, verdict, isFailing, hang, wallMs }) => {
    const colour = isFailing ? red : verdict?.kind === 'diverged' ? yellow : green;
    const ended = verdict === undefined ? (isFailing ? 'fails' : 'passes') : describeVerdict(verdict);
    const text = hang === undefined ? ended : 'hangs';
    return [kept.name, kept.artifact.scenario.name, faultsOf(kept.artifact), formatDuration(wallMs), colour(text)];
  });
  output.print(renderTable(output, ['regression', 'scenario', 'faults', 'time', 'verdict'], rows, [2, 3]));
  for (const { kept, hang } of reports) if (hang !== undefined) output.print(red(`${kept.name}: ${hang}`));
  const failing = reports.filter(({ isFailing }) => isFailing).length;
  output.print(`${reports.length - failing} of ${reports.length} pass on this build`);
}

function faultsOf({ plan }: KeptRegression['artifact']): string {
  return String(plan.faults.length);
}

function selected(all: readonly KeptRegression[], only: readonly string[] | undefined): readonly KeptRegression[] {
  if (only === undefined) return all;
  const unknown = only.find((name) => !all.some((kept) => kept.name === name));
  if (unknown !== undefined) {
    throw new UsageError(`no regression is named ${unknown}; orrery regressions --list names them all`);
  }
  return all.filter(({ name }) => only.includes(name));
}

/** Puts an artifact into the folder; its scenario is named from there. */
async function keep(output: Output, folder: string, file: string, flags: RegressionsFlags): Promise<number> {
  const { name, broke, planted } = flags;
  if (name === undefined || !NAME.test(name)) {
    throw new UsageError('--keep: give --name, 3 to 80 small letters, digits and "-"');
  }
  if (broke === undefined) throw new UsageError('--keep: give --broke, what was wrong, in a sentence');
  const target = join(folder, `${name}.json`);
  if (existsSync(target)) throw new UsageError(`--name ${name}: ${target} is there already; choose another name`);
  const artifact = readArtifact(file);
  const scenario = await openOrigin(artifact.scenario.origin, file);
  mkdirSync(folder, { recursive: true });
  writeArtifact(target, {
    ...withoutOriginalDigest(artifact),
    scenario: { ...artifact.scenario, origin: originOf(scenario, target) },
    regression: { name, broke, ...(planted === undefined ? {} : { planted }) },
  });
  output.print(`kept      ${target}`);
  return EXIT.fine;
}

/** Only the small run is carried out here: what tells the steps of the other would only fill the repository. */
function withoutOriginalDigest(artifact: Artifact): Artifact {
  if (artifact.minimised === undefined) return artifact;
  const { digest: _digest, ...original } = artifact.minimised.original;
  return { ...artifact, minimised: { ...artifact.minimised, original } };
}

function writeDocument(file: string, reports: readonly RegressionReport[]): void {
  const regressions = reports.map(({ kept, verdict, isFailing, hang }) => ({
    name: kept.name,
    scenario: kept.artifact.scenario.name,
    faults: kept.artifact.plan.faults.length,
    comparison: verdict?.kind ?? null,
    divergedAt: verdict?.divergence?.step ?? null,
    verdict: isFailing ? 'failed' : 'passed',
    ...(hang === undefined ? {} : { hang }),
    broke: kept.broke,
  }));
  const document = `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, regressions }, null, 1)}\n`;
  if (file === '-') process.stdout.write(document);
  else writeFileSync(file, document);
}

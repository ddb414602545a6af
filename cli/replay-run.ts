import { writeFileSync } from 'node:fs';
import { readArtifact, type Artifact } from '../sim/artifact/artifact.js';
import { readPlan } from '../sim/artifact/plan-file.js';
import { runSpecOf } from '../sim/artifact/regressions.js';
import { toJson } from '../sim/artifact/plain-json.js';
import type { Plain } from '../runtime/data.js';
import { PlacedRun, type GuardedResult, type PlacedOptions } from '../sim/hunt/placed-run.js';
import type { RunSpec } from '../sim/scenario.js';
import { findFirstDifference } from '../sim/trace/first-difference.js';
import { EXIT, exitCodeOf } from './exit-code.js';
import { differencesOf, madeByThis } from './made-by.js';
import { openOrigin, openScenario, type OpenedScenario } from './open-scenario.js';
import { processOutput, type Output } from './output.js';
import { checkOutputFile } from './output-path.js';
import { runOrHang, type Hang } from './replay-hang.js';
import { exportEvents, fileOfExport } from './replay-export.js';
import type { ReplayFlags } from './replay-flags.js';
import { reportDifference, reportFingerprint, reportRun, reportVerdict, reportViolation } from './replay-report.js';
import { hasDied, recordedViolation, verdictOf, type ReplayVerdict } from './replay-verdict.js';
import { UsageError } from './usage-error.js';

/** What is to be carried out again, and what it came to the first time. */
interface Replay {
  readonly scenario: OpenedScenario;
  readonly spec: RunSpec;
  readonly artifact?: Artifact;
}

/** `orrery replay`; answers the exit code. */
export async function runReplay(what: string, flags: ReplayFlags): Promise<number> {
  checkFlags(flags);
  const replay = await replayOf(what, flags);
  const output = processOutput(flags.json === '-');
  if (replay.artifact !== undefined) warnOfChanges(output, replay.artifact, replay.scenario);
  // The guard has told where a promise of an actor came from; its rejection must not end the process before that is shown.
  process.on('unhandledRejection', () => undefined);
  const placed = await PlacedRun.load(replay.scenario.reference, { kind: 'inline' }, flags.guard);
  // A step that cannot be is told before anybody is made to wait for a debugger.
  if (flags.break !== undefined) await placed.run(replay.spec, { keepTrace: false, untilStep: flags.break });
  const options: PlacedOptions = {
    keepTrace: true,
    ...(flags.export === undefined ? {} : { narrate: true }),
    ...(flags.until === undefined ? {} : { untilStep: flags.until }),
    ...(flags.break === undefined ? {} : await breakOptions(output, flags.break)),
  };
  // Whoever sits in a debugger may take as long as it takes.
  const timeoutMs = flags.break === undefined ? flags.seedTimeout * 1000 : undefined;
  const came = runOrHang(placed, replay.spec, options, timeoutMs, flags.guard);
  if ('hang' in came) return tellHang(output, replay, came.hang, flags);
  const first = came.ended;
  reportRun(output, replay.scenario.name, first, flags);
  warnOfStepNotReached(output, '--until', flags.until, first);
  warnOfStepNotReached(output, '--break', flags.break, first);
  if (flags.export !== undefined) exportEvents(output, fileOfExport(flags.export), replay.scenario.name, first);
  if (flags.picture !== undefined) await drawPicture(output, flags.picture, replay.scenario.name, first, flags);
  const isRepeated = flags.verify === undefined || (await verify(output, placed, replay.spec, first, flags.until));
  const verdict = compare(output, replay, first, flags);
  if (flags.json !== undefined) writeDocument(flags.json, replay.scenario.name, first, verdict);
  return judge(replay, first, isRepeated, verdict, flags.until === undefined);
}

/** Of a run that does not end, what it did until then; answers the exit code. */
function tellHang(
  output: Output,
  { scenario, artifact }: Replay,
  { violation, before }: Hang,
  flags: ReplayFlags,
): number {
  if (before !== undefined) reportRun(output, scenario.name, { ...before, escapes: [] }, { ...flags, isPart: true });
  reportViolation(output, violation);
  const then = artifact === undefined ? undefined : recordedViolation(artifact);
  if (then?.property === violation.property && then.step === violation.step) output.print('reproduces, as recorded');
  if (violation.step !== '') output.note(`--break ${violation.step} stops in a debugger just before it`);
  for (const option of ['json', 'picture', 'export', 'verify'] as const) {
    if (flags[option] !== undefined) output.note(`warning: --${option}: only of a run that ends; nothing is written`);
  }
  return EXIT.propertyFailed;
}

function checkFlags(flags: ReplayFlags): void {
  const { json, picture, fromMs, toMs } = flags;
  if (picture === undefined && (fromMs !== undefined || toMs !== undefined)) {
    throw new UsageError('--from-ms and --to-ms say what to draw; give --picture FILE as well');
  }
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new UsageError(`--from-ms ${fromMs} --to-ms ${toMs}: nothing lies between; give a --to-ms after --from-ms`);
  }
  checkOutputFile('--json', json);
  checkOutputFile('--picture', picture);
  if (flags.export !== undefined) checkOutputFile('--export etcd-raft', fileOfExport(flags.export));
}

/** A step that the run does not come to is a likely slip: it would look as if all had been replayed as asked. */
function warnOfStepNotReached(
  output: Output,
  option: string,
  step: string | undefined,
  { result }: GuardedResult,
): void {
  if (step === undefined || result.trace === undefined) return;
  const isReached = result.trace.some((record) => record.kind === 'step' && `${record.node}:${record.step}` === step);
  if (!isReached) output.note(`warning: ${option} ${step}: the run ended before this step`);
}

async function replayOf(what: string, flags: ReplayFlags): Promise<Replay> {
  if (what.endsWith('.json')) {
    if (flags.seed !== undefined) throw new UsageError('--seed: an artifact has its seed; leave the option out');
    const written = readArtifact(what);
    const artifact = flags.original === true ? originalOf(what, written) : written;
    const scenario = await openOrigin(artifact.scenario.origin, what);
    const spec = runSpecOf(artifact);
    if (flags.plan === undefined) return { scenario, spec, artifact };
    // With another plan it is another run: there is nothing to compare it with.
    return { scenario, spec: { ...spec, plan: readPlan(flags.plan) } };
  }
  if (flags.original === true) throw new UsageError('--original: only an artifact that was made small has one');
  if (flags.seed === undefined) {
    throw new UsageError(
      `replay ${what}: give the seed with --seed N, or an artifact that a hunt wrote (a .json file)`,
    );
  }
  const scenario = await openScenario(what);
  const plan = flags.plan === undefined ? {} : { plan: readPlan(flags.plan) };
  return { scenario, spec: { seed: flags.seed, params: scenario.reference.params, ...plan } };
}

/** The run that a small one was made of, as an artifact of its own. */
function originalOf(file: string, { minimised, ...small }: Artifact): Artifact {
  if (minimised === undefined) throw new UsageError(`--original: ${file} was not made small; leave the option out`);
  const { arrivals: _arrivals, cutAtMs: _cut, digest: _digest, ...rest } = small;
  return { ...rest, ...minimised.original };
}

function warnOfChanges(output: Output, artifact: Artifact, scenario: OpenedScenario): void {
  const changes = [...differencesOf(artifact.madeBy, madeByThis())];
  const { origin } = artifact.scenario;
  if (origin.kind === 'file' && scenario.origin.kind === 'file' && origin.hash !== scenario.origin.hash) {
    changes.push(`the code of ${origin.file} has changed since`);
  }
  for (const change of changes) output.note(`warning: ${change}; the run may differ from the recorded one`);
}

async function breakOptions(output: Output, breakAtStep: string): Promise<PlacedOptions> {
  const inspector = await import('node:inspector');
  if (inspector.url() === undefined) inspector.open(0, '127.0.0.1');
  output.note(
    `waiting for a debugger (chrome://inspect, or \`node inspect\`), which will stop just before ${breakAtStep}`,
  );
  inspector.waitForDebugger();
  const breakpoint = (): void => {
    // The next turn is the step that was asked for: step out of here, then into the actor's handler.
    debugger;
  };
  return { breakAtStep, breakpoint };
}

async function verify(
  output: Output,
  placed: PlacedRun,
  spec: RunSpec,
  first: GuardedResult,
  untilStep: string | undefined,
): Promise<boolean> {
  const again = await placed.run(spec, { keepTrace: true, ...(untilStep === undefined ? {} : { untilStep }) });
  if (first.result.trace === undefined || again.result.trace === undefined)
    throw new TypeError('a replay keeps its trace');
  const difference = findFirstDifference(first.result.trace, again.result.trace);
  const isEqual = first.result.fingerprint === again.result.fingerprint && difference === undefined;
  reportDifference(output, isEqual, difference, first.result.fingerprint, again.result.fingerprint);
  return isEqual;
}

function judge(
  replay: Replay,
  { result, escapes }: GuardedResult,
  isRepeated: boolean,
  verdict: ReplayVerdict | undefined,
  isWhole: boolean,
): number {
  const isSameCode =
    replay.artifact !== undefined &&
    differencesOf(replay.artifact.madeBy, madeByThis()).length === 0 &&
    isSameSource(replay);
  // Other code may well behave differently; the same code may not. A run that was given up has nothing to be compared with.
  const isComparable = isSameCode && isWhole && replay.artifact !== undefined && !hasDied(replay.artifact);
  const isOtherRun = isComparable && replay.artifact.fingerprint !== result.fingerprint;
  const nondeterministic = escapes.length > 0 || !isRepeated || isOtherRun;
  const failed = result.verdict === 'failed';
  if (!nondeterministic && !failed) return verdict?.kind === 'diverged' ? EXIT.diverged : EXIT.fine;
  return exitCodeOf({ nondeterministic, failed, vacuous: false, interrupted: false });
}

/** Says how the run compares with the recorded one, where there is one and the whole of it was run. */
function compare(
  output: Output,
  { artifact }: Replay,
  { result }: GuardedResult,
  flags: ReplayFlags,
): ReplayVerdict | undefined {
  if (artifact === undefined || flags.until !== undefined) return undefined;
  const then = recordedViolation(artifact);
  if (then === undefined) {
    reportFingerprint(output, artifact, result);
    return undefined;
  }
  const verdict = verdictOf(artifact, then, result);
  reportVerdict(output, artifact, result, verdict);
  return verdict;
}

function isSameSource({ artifact, scenario }: Replay): boolean {
  const origin = artifact?.scenario.origin;
  return origin?.kind !== 'file' || scenario.origin.kind !== 'file' || origin.hash === scenario.origin.hash;
}

async function drawPicture(
  output: Output,
  file: string,
  scenario: string,
  run: GuardedResult,
  flags: ReplayFlags,
): Promise<void> {
  const { runPicture } = await import('../web/report/run-picture.js');
  const { fromMs, toMs } = flags;
  const { simulatedMs } = run.result;
  if (fromMs !== undefined && fromMs >= simulatedMs) {
    throw new UsageError(`--from-ms ${fromMs}: the run ended at ${simulatedMs} ms; draw from before that`);
  }
  writeFileSync(file, runPicture(scenario, run.result, { fromMs, toMs }));
  output.note(`picture   ${file}`);
}

function writeDocument(
  file: string,
  scenario: string,
  { result, escapes }: GuardedResult,
  verdict: ReplayVerdict | undefined,
): void {
  const { kind, missedFaults, divergence } = verdict ?? {};
  const compared = {
    ...(kind === undefined ? {} : { comparison: kind, missedFaults }),
    ...(divergence === undefined ? {} : { divergedAt: divergence.step }),
  };
  const { narration: _narration, ...told } = result;
  const document = { schemaVersion: 1, scenario, ...told, escapes, ...compared };
  const text = `${JSON.stringify(toJson(document as unknown as Plain), null, 1)}\n`;
  if (file === '-') process.stdout.write(text);
  else writeFileSync(file, text);
}

import type { ObservedRecord } from '../../runtime/observation.js';
import { PlacedRun } from '../../sim/hunt/placed-run.js';
import type { RunSummary } from '../../sim/hunt/seed-outcome.js';
import type { RunResult, TraceRecord } from '../../sim/run.js';
import type { WorstSeed } from '../../web/report/comparison.js';
import { writeFailure } from '../failure-artifact.js';
import { madeByThis } from '../made-by.js';
import type { OpenedScenario } from '../open-scenario.js';
import type { Output } from '../output.js';
import { orreryCommand } from '../replay-command.js';

const TWO_PLANNERS = 'two members planned at the same time';

/** How bad a seed was: violations before lost tasks before doubled effects before split brain before slow recovery. */
function badness({ violations, figures = {} }: RunSummary): readonly number[] {
  const sum = (name: string): number => (figures[name] ?? []).reduce((total, value) => total + value, 0);
  return [
    violations.length,
    sum('tasksLost'),
    sum('effectsTwice'),
    sum('executedTwice'),
    sum('splitBrainMs'),
    Math.max(0, ...(figures['recoverMs'] ?? [])),
  ];
}

function isWorse(a: RunSummary, b: RunSummary): boolean {
  const [left, right] = [badness(a), badness(b)];
  const at = left.findIndex((value, index) => value !== right[index]);
  return at >= 0 && left[at]! > right[at]!;
}

/** Runs the worst of the seeds once more with its trace, and finds the moment that is worth a close-up. */
export async function pictureWorstSeed(
  coordinator: string,
  scenario: OpenedScenario,
  runs: readonly RunSummary[],
  { folder, output }: { readonly folder: string; readonly output: Output },
): Promise<WorstSeed | undefined> {
  const [first, ...rest] = runs;
  if (first === undefined) return undefined;
  const worst = rest.reduce((found, run) => (isWorse(run, found) ? run : found), first);
  output.note(`${scenario.name}: drawing seed ${worst.seed}`);
  const placed = await PlacedRun.load(scenario.reference, { kind: 'inline' }, false);
  const { result } = placed.runHere({ seed: worst.seed, params: scenario.reference.params }, { keepTrace: true });
  const trace = result.trace ?? [];
  const artifact = writeFailure(folder, scenario, 'inline', madeByThis(), worst, result);
  const { why, atMs } = momentOf(result, trace);
  return {
    coordinator,
    seed: worst.seed,
    why,
    atMs,
    endMs: result.simulatedMs,
    nodes: result.setup.nodes.map(({ id }) => id),
    trace,
    replayCommand: `${orreryCommand()} replay ${artifact}`,
  };
}

interface Moment {
  readonly why: string;
  readonly atMs: number;
}

function momentOf({ violations, figures = {} }: RunResult, trace: readonly TraceRecord[]): Moment {
  const violation = violations[0];
  if (violation !== undefined)
    return { why: `${violation.property} failed: ${violation.message}.`, atMs: violation.atMs };
  const records = trace.flatMap((line) => (line.kind === 'observation' ? [line.record] : []));
  return doubledEffect(records) ?? splitBrain(records) ?? slowestRecovery(records, figures['recoverMs'] ?? []);
}

function doubledEffect(records: readonly ObservedRecord[]): Moment | undefined {
  const applied = new Set<unknown>();
  for (const { observation, atUs } of records) {
    if (observation.type !== 'effect-applied') continue;
    const { executionId } = observation;
    if (applied.has(executionId))
      return { why: `The effect of ${String(executionId)} took place twice.`, atMs: atUs / 1000 };
    applied.add(executionId);
  }
  return undefined;
}

function splitBrain(records: readonly ObservedRecord[]): Moment | undefined {
  const planning = new Set<string>();
  for (const { node, observation, atUs } of records) {
    if (observation.type === 'planner-active') planning.add(node);
    else if (['planner-inactive', 'node-crashed', 'node-paused', 'node-halted'].includes(observation.type))
      planning.delete(node);
    if (planning.size > 1)
      return {
        why: `From ${(atUs / 1e6).toFixed(3)} s on ${TWO_PLANNERS} (${[...planning].join(', ')}).`,
        atMs: atUs / 1000,
      };
  }
  return undefined;
}

function slowestRecovery(records: readonly ObservedRecord[], recoverMs: readonly number[]): Moment {
  const slowestMs = Math.max(0, ...recoverMs);
  const crashes = records.filter(({ observation }) => observation.type === 'node-crashed');
  const ends = records.filter(
    ({ observation }) => observation.type === 'attempt-reported' && observation['outcome'] === 'succeeded',
  );
  for (const { node, atUs } of crashes) {
    const next = ends.find((end) => end.atUs > atUs);
    if (next === undefined || Math.abs((next.atUs - atUs) / 1000 - slowestMs) > 1) continue;
    return {
      why: `After ${node} crashed it took ${(slowestMs / 1000).toFixed(1)} s until the next task was completed.`,
      atMs: atUs / 1000,
    };
  }
  const first = records.find(({ observation }) => observation.type === 'planner-active');
  return { why: 'No seed of this hunt stands out; below, its first leader.', atMs: (first?.atUs ?? 0) / 1000 };
}

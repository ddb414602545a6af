import type { Artifact } from '../sim/artifact/artifact.js';
import type { GuardedResult } from '../sim/hunt/placed-run.js';
import type { Violation } from '../sim/properties/property.js';
import type { RunResult, TraceRecord } from '../sim/run.js';
import type { TraceDifference } from '../sim/trace/first-difference.js';
import { aroundStep, describeMoment, describeTarget, formatMs, traceLine } from '../sim/trace/trace-lines.js';
import { formatCount, formatDuration, renderTable, type Output } from './output.js';
import { describeSteps, describeVerdict, type ReplayVerdict } from './replay-verdict.js';

const LINES_AFTER = 3;

/** Shows the run: what it was, its faults in the order of time, and the way to the violation. */
export function reportRun(
  output: Output,
  scenario: string,
  { result, escapes }: GuardedResult,
  shown: { readonly lines: number; readonly until?: string; /** The run was cut off. */ readonly isPart?: boolean },
): void {
  const { colours } = output;
  const { seed, setup, steps, simulatedMs, fingerprint, violations, progressNotOwed } = result;
  const size = `${formatCount(setup.nodes.length, 'node')}, ${formatCount(setup.workload.length, 'request')}`;
  output.print(colours.bold(`${scenario}, seed ${seed}: ${size}`));
  output.print(`${formatCount(steps, 'step')}, ${formatDuration(simulatedMs)} simulated, fingerprint ${fingerprint}`);
  reportFaults(output, result);
  reportTrace(output, result, shown);
  for (const escape of escapes) output.print(colours.red(`nondeterministic: ${escape}`));
  for (const { node, actor, step, text } of result.failures ?? []) {
    output.print(
      colours.yellow(
        `${node}/${actor} failed at step ${node}:${step}: ${text.split('\n').slice(0, 3).join(' ').trim()}`,
      ),
    );
  }
  for (const violation of violations) reportViolation(output, violation);
  const isWhole = shown.until === undefined && shown.isPart !== true;
  if (progressNotOwed !== undefined && isWhole)
    output.print(colours.yellow(`progress was not owed: ${progressNotOwed}`));
  if (violations.length === 0 && isWhole) output.print(colours.green('all properties held'));
}

export function reportViolation(output: Output, { property, step, atMs, message }: Violation): void {
  const place = step === '' ? '' : ` at step ${step}`;
  const when = atMs === 0 ? '' : `, ${formatMs(atMs * 1000)} ms`;
  output.print(output.colours.red(`violated: ${property}${place}${when}: ${message}`));
}

function reportFaults(output: Output, { plan, trace }: RunResult): void {
  const planned = new Map(plan.faults.map((fault) => [fault.name, fault]));
  const happened = (trace ?? []).filter((record) => record.kind === 'fault');
  const seen = new Set(happened.map(({ name }) => name));
  const rows = happened.map(({ atUs, name, fault, what }) => {
    const fromPlan = planned.get(name);
    return [
      formatMs(atUs),
      name,
      fault,
      what === 'do' ? 'begins' : 'ends',
      fromPlan === undefined ? '' : describeTarget(fromPlan),
    ];
  });
  for (const fault of plan.faults) {
    if (!seen.has(fault.name)) {
      rows.push(['-', fault.name, fault.fault, `did not begin (${describeMoment(fault)})`, describeTarget(fault)]);
    }
  }
  if (rows.length === 0) return output.print('no faults');
  output.print(renderTable(output, ['ms', 'fault', 'kind', 'what', 'target'], rows, [0]));
}

function reportTrace(
  output: Output,
  { trace, violations }: RunResult,
  { lines, until }: { readonly lines: number; readonly until?: string },
): void {
  if (trace === undefined || lines === 0) return;
  const step = violations[0]?.step;
  const isAtEnd = step === undefined || until !== undefined;
  const shown = isAtEnd ? trace.slice(-lines) : aroundStep(trace, step, lines, LINES_AFTER);
  const { colours } = output;
  const rows = shown.map((record) => {
    const line = traceLine(record);
    const text =
      line.kind === 'fault'
        ? colours.yellow(line.text)
        : line.kind === 'observation'
          ? colours.cyan(line.text)
          : line.text;
    return [line.atMs, line.step, line.kind, line.step === step && step !== '' ? colours.bold(text) : text];
  });
  output.print(
    renderTable(output, ['ms', 'step', '', isAtEnd ? 'last lines of the trace' : `trace around ${step}`], rows, [0]),
  );
}

/** Says what became of the failure of an artifact. */
export function reportVerdict(output: Output, artifact: Artifact, result: RunResult, verdict: ReplayVerdict): void {
  const { colours } = output;
  const { kind, then, now, divergence } = verdict;
  const colour = kind === 'no-longer-fails' ? colours.green : kind === 'diverged' ? colours.yellow : colours.red;
  output.print(colour(describeVerdict(verdict)));
  if (kind === 'reproduces') return;
  const describe = (violation: typeof now): string =>
    violation === undefined ? 'no violation' : `${violation.property} at step ${violation.step}`;
  const rows = [
    ['violation', describe(then), describe(now)],
    ['fingerprint', artifact.fingerprint, result.fingerprint],
    ['steps', String(artifact.steps), String(result.steps)],
  ];
  output.print(renderTable(output, ['', 'recorded', 'now'], rows));
  if (divergence === undefined) return;
  const { atMs, then: recorded, now: done } = divergence;
  const when = atMs === undefined ? 'which it did not come to' : `at ${formatMs(atMs * 1000)} ms`;
  output.print(`the runs part at ${describeSteps(divergence)}, ${when}`);
  for (const line of recorded) output.print(`  then  ${line}`);
  for (const line of done) output.print(`  now   ${line}`);
}

/** Of an artifact without a violation: says whether the run came out as recorded. */
export function reportFingerprint(output: Output, artifact: Artifact, result: RunResult): void {
  const { colours } = output;
  if (artifact.fingerprint === result.fingerprint) output.print(colours.green('as recorded: the same fingerprint'));
  else
    output.print(
      colours.yellow(`not as recorded: fingerprint ${result.fingerprint}, and ${artifact.fingerprint} then`),
    );
}

/** Says whether a second run was equal, or where it was not. */
export function reportDifference(
  output: Output,
  isEqual: boolean,
  difference: TraceDifference | undefined,
  first: string,
  second: string,
): void {
  const { colours } = output;
  if (isEqual) return output.print(colours.green(`run twice: every step is the same, fingerprint ${first}`));
  output.print(colours.red(`run twice: the runs differ, fingerprints ${first} and ${second}`));
  if (difference === undefined) return output.print('the traces are equal: they part inside of a message or on a disk');
  const row = (which: string, record: TraceRecord | undefined): readonly string[] => {
    const line = record === undefined ? undefined : traceLine(record);
    return [which, line?.atMs ?? '', line?.step ?? '', line?.text ?? 'has ended'];
  };
  const rows = [row('first', difference.first), row('second', difference.second)];
  const place = difference.step === '' ? 'a fault' : `step ${difference.step}`;
  output.print(renderTable(output, ['run', 'ms', 'step', `first difference: ${place}`], rows));
}

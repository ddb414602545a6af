import { writeFileSync } from 'node:fs';
import { huntDocument, type HuntDocument } from '../sim/hunt/document.js';
import { HuntState } from '../sim/hunt/hunt-state.js';
import { hunt, type HuntedScenario, type HuntOptions, type Progress, type ScenarioReport } from '../sim/hunt/hunt.js';
import { groupOf } from '../sim/hunt/reduction.js';
import type { RunSummary, SeedOutcome } from '../sim/hunt/seed-outcome.js';
import { exitCodeOf } from './exit-code.js';
import { writeFailure } from './failure-artifact.js';
import { reportFailure, reportScenario } from './hunt-report.js';
import type { HuntFlags } from './hunt-flags.js';
import { huntFrame, huntIdentity, huntRules, type Rules } from './hunt-rules.js';
import { interruptible } from './interruptible.js';
import { madeByThis } from './made-by.js';
import { MINIMISE_DEFAULTS } from './minimise-flags.js';
import { minimiseArtifact } from './minimise-run.js';
import { openScenario, type OpenedScenario } from './open-scenario.js';
import { processOutput, type Output } from './output.js';
import { progressDisplay, type ProgressDisplay } from './progress.js';
import { orreryCommand, quoted, shortest } from './replay-command.js';
import { UsageError } from './usage-error.js';

/** Beyond these, failures are counted but no longer told and written one by one. */
const FAILURES_TOLD_MAX = 20;
const ARTIFACTS_MAX = 200;

/** Kinds of failures that `--minimise` makes small. */
const MINIMISED_MAX = 10;

/** `orrery hunt`; answers the exit code. */
export async function runHunt(names: readonly string[], flags: HuntFlags): Promise<number> {
  if (names.length === 0) throw new UsageError('missing required argument: name a scenario, or give --merge FILE...');
  const rules = huntRules(flags);
  const scenarios: OpenedScenario[] = [];
  for (const name of new Set(names)) scenarios.push(await openScenario(name));
  const output = processOutput(flags.json === '-');
  const session = new HuntSession(flags, rules, scenarios, output);
  return interruptible(async (signal) => {
    const reports = await session.hunt(signal);
    session.writeDocument();
    if (flags.minimise === true) await session.minimise(signal);
    return exitCodeOf({
      nondeterministic: reports.some(({ totals }) => totals.nondeterministic > 0),
      failed: reports.some(({ totals }) => totals.failed > 0),
      vacuous: reports.some(({ missing }) => missing.length > 0),
      interrupted: signal.aborted,
    });
  });
}

/** What one call of the command gathers and tells while it hunts. */
class HuntSession {
  private readonly display: ProgressDisplay = progressDisplay();
  private readonly documents: HuntDocument[] = [];
  private runs: RunSummary[] = [];
  /** By scenario and property. */
  private readonly toMinimise = new Map<string, string>();
  private told = 0;
  private written = 0;
  private readonly groupsTold = new Set<string>();
  private readonly madeBy = madeByThis();

  constructor(
    private readonly flags: HuntFlags,
    private readonly rules: Rules,
    private readonly scenarios: readonly OpenedScenario[],
    private readonly output: Output,
  ) {}

  /** Hunts, and tells of it as it goes on. */
  async hunt(signal: AbortSignal): Promise<readonly ScenarioReport[]> {
    const { scenarios, rules } = this;
    const state = this.openState();
    const options: HuntOptions = { ...rules, scenarios, signal, ...(state === undefined ? {} : { state }) };
    try {
      return await hunt({
        ...options,
        onOutcome: (scenario, outcome) => this.takeOutcome(scenario, outcome),
        onProgress: (progress) => this.showProgress(progress),
        onScenario: (report) => this.takeReport(report),
      });
    } finally {
      this.display.clear();
      state?.close();
      if (state !== undefined && signal.aborted) this.output.note('the same command goes on from here');
    }
  }

  private openState(): HuntState | undefined {
    const { resume } = this.flags;
    if (resume === undefined) return undefined;
    const state = HuntState.open(resume, huntIdentity(this.rules, this.scenarios, this.madeBy));
    if (state.knownSeeds > 0) this.output.note(`${resume}: going on; ${state.knownSeeds} seeds are known`);
    return state;
  }

  private showProgress({ scenario, seedsWanted, totals, leftMs }: Progress): void {
    const failures = totals.failed + totals.nondeterministic;
    const { seeds: done, simulatedMs } = totals;
    this.display.show({ label: scenario, done, wanted: seedsWanted, failures, simulatedMs, leftMs });
  }

  private takeOutcome(hunted: HuntedScenario, outcome: SeedOutcome): void {
    if (this.flags.json !== undefined) this.runs.push(outcome.run);
    const { seed, notVerified } = outcome.run;
    if (notVerified !== undefined) {
      this.display.clear();
      this.output.note(
        `${hunted.name}: seed ${seed} was not verified alone: ${notVerified}; --seed-timeout gives it more`,
      );
    }
    if (outcome.run.verdict === 'passed') return;
    if (!this.isWorthTelling(outcome)) return;
    const scenario = this.scenarios.find((opened) => opened === hunted) as OpenedScenario;
    const artifact = this.writeArtifact(scenario, outcome);
    this.noteForMinimising(scenario, outcome, artifact);
    if (++this.told > FAILURES_TOLD_MAX) return;
    this.display.clear();
    reportFailure(this.output, scenario, outcome.run, artifact, this.replayCommand(scenario, outcome.run, artifact));
  }

  /** Where distinct failures are collected, only the first of each kind. */
  private isWorthTelling(outcome: SeedOutcome): boolean {
    const group = groupOf(outcome);
    const isNew = !this.groupsTold.has(group);
    this.groupsTold.add(group);
    return isNew || this.flags.collect === undefined;
  }

  /** One of each kind of failure: others of its kind would come to the same. */
  private noteForMinimising(scenario: OpenedScenario, outcome: SeedOutcome, artifact: string | undefined): void {
    const kind = `${scenario.name} ${String(outcome.run.violations[0]?.property)}`;
    if (artifact === undefined || outcome.run.verdict !== 'failed' || this.toMinimise.has(kind)) return;
    if (this.toMinimise.size < MINIMISED_MAX) this.toMinimise.set(kind, artifact);
  }

  /** Makes what was found small, one after another; each has its own budget. */
  async minimise(signal: AbortSignal): Promise<void> {
    for (const artifact of this.toMinimise.values()) {
      if (signal.aborted) return;
      await minimiseArtifact(artifact, MINIMISE_DEFAULTS, this.output, signal);
    }
  }

  private takeReport(report: ScenarioReport): void {
    this.display.clear();
    if (this.told > FAILURES_TOLD_MAX)
      this.output.print(`${this.told - FAILURES_TOLD_MAX} more failures are not shown`);
    this.told = this.written = 0;
    this.groupsTold.clear();
    reportScenario(this.output, { ...report, name: report.scenario.name }, this.rules.failuresWanted);
    const frame = huntFrame(this.rules, this.madeBy);
    if (this.flags.json !== undefined) this.documents.push(huntDocument(report, frame, this.runs));
    this.runs = [];
  }

  /** One document, or an array of them where several scenarios were asked for. */
  writeDocument(): void {
    const { json } = this.flags;
    if (json !== undefined) writeDocuments(json, this.scenarios.length === 1, this.documents);
  }

  private writeArtifact(scenario: OpenedScenario, { run, details }: SeedOutcome): string | undefined {
    if (details === undefined || ++this.written > ARTIFACTS_MAX) return undefined;
    const { placement } = huntFrame(this.rules, this.madeBy);
    return writeFailure(this.flags.out, scenario, placement, this.madeBy, run, details);
  }

  private replayCommand(
    scenario: OpenedScenario,
    { seed, verdict, violations }: RunSummary,
    artifact: string | undefined,
  ): string {
    // A run that did not end once would not end again: the debugger stops it just before.
    const step = verdict === 'died' ? (violations[0]?.step ?? '') : '';
    const what =
      artifact === undefined
        ? [scenario.text, '--seed', String(seed), ...(this.flags.plan === undefined ? [] : ['--plan', this.flags.plan])]
        : [shortest(artifact)];
    const stop = step === '' ? [] : ['--break', step];
    return [orreryCommand(), 'replay', ...[...what, ...stop].map(quoted)].join(' ');
  }
}

export function writeDocuments(file: string, isOne: boolean, documents: readonly HuntDocument[]): void {
  const text = `${JSON.stringify(isOne ? (documents[0] ?? null) : documents, null, 1)}\n`;
  if (file === '-') process.stdout.write(text);
  else writeFileSync(file, text);
}

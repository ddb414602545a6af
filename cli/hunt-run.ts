import { writeFileSync } from 'node:fs';
import { readPlan } from '../sim/artifact/plan-file.js';
import { huntDocument, type HuntDocument } from '../sim/hunt/document.js';
import { hunt, type HuntedScenario, type HuntOptions, type Progress, type ScenarioReport } from '../sim/hunt/hunt.js';
import type { RunSummary, SeedOutcome } from '../sim/hunt/seed-outcome.js';
import { countSeeds, parseSeedRange } from '../sim/hunt/seed-range.js';
import { exitCodeOf } from './exit-code.js';
import { writeFailure } from './failure-artifact.js';
import { reportFailure, reportScenario } from './hunt-report.js';
import { defaultWorkers, type HuntFlags } from './hunt-flags.js';
import { interruptible } from './interruptible.js';
import { madeByThis } from './made-by.js';
import { MINIMISE_DEFAULTS } from './minimise-flags.js';
import { minimiseArtifact } from './minimise-run.js';
import { openScenario, type OpenedScenario } from './open-scenario.js';
import { processOutput, type Output } from './output.js';
import { checkOutputFile, checkOutputFolder } from './output-path.js';
import { formatPlacement, parsePlacement } from './placement.js';
import { progressDisplay, type ProgressDisplay } from './progress.js';
import { orreryCommand, quoted, shortest } from './replay-command.js';
import { UsageError } from './usage-error.js';

/** Beyond these, failures are counted but no longer told and written one by one. */
const FAILURES_TOLD_MAX = 20;
const ARTIFACTS_MAX = 200;
/** A document is made in memory, whole. */
const DOCUMENT_SEEDS_MAX = 1_000_000;

/** Kinds of failures that `--minimise` makes small. */
const MINIMISED_MAX = 10;

/** `orrery hunt`; answers the exit code. */
export async function runHunt(names: readonly string[], flags: HuntFlags): Promise<number> {
  const rules = rulesOf(flags);
  const scenarios: OpenedScenario[] = [];
  for (const name of new Set(names)) scenarios.push(await openScenario(name));
  const output = processOutput(flags.json === '-');
  const session = new HuntSession(flags, scenarios, output);
  return interruptible(async (signal) => {
    const reports = await session.hunt({ ...rules, scenarios, signal });
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

function rulesOf(flags: HuntFlags): Omit<HuntOptions, 'scenarios'> {
  const seeds = parseSeedRange(flags.seeds);
  if (flags.json !== undefined && countSeeds(seeds) > DOCUMENT_SEEDS_MAX) {
    throw new UsageError(
      `--json: a document of more than ${DOCUMENT_SEEDS_MAX} seeds is too large; hunt in several parts`,
    );
  }
  const placement = parsePlacement(flags.placement);
  checkOutputFile('--json', flags.json);
  checkOutputFolder('--out', flags.out);
  return {
    seeds,
    placement,
    workers: Math.min(flags.workers ?? defaultWorkers(placement.kind === 'threads'), countSeeds(seeds)),
    ...(flags.plan === undefined ? {} : { plan: readPlan(flags.plan) }),
    keepGoing: flags.keepGoing === true,
    verify: flags.verify === true ? 'all' : 'tenth',
    isGuarded: flags.guard,
    seedTimeoutMs: flags.seedTimeout * 1000,
  };
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
  private readonly placement: string;
  private readonly madeBy = madeByThis();

  constructor(
    private readonly flags: HuntFlags,
    private readonly scenarios: readonly OpenedScenario[],
    private readonly output: Output,
  ) {
    this.placement = formatPlacement(parsePlacement(flags.placement));
  }

  /** Hunts, and tells of it as it goes on. */
  async hunt(options: HuntOptions): Promise<readonly ScenarioReport[]> {
    try {
      return await hunt({
        ...options,
        onOutcome: (scenario, outcome) => this.takeOutcome(scenario, outcome),
        onProgress: (progress) => this.showProgress(progress),
        onScenario: (report) => this.takeReport(report),
      });
    } finally {
      this.display.clear();
    }
  }

  private showProgress({ scenario, seedsWanted, totals }: Progress): void {
    const failures = totals.failed + totals.nondeterministic;
    const { seeds: done, simulatedMs } = totals;
    this.display.show({ label: scenario, done, wanted: seedsWanted, failures, simulatedMs });
  }

  private takeOutcome(hunted: HuntedScenario, outcome: SeedOutcome): void {
    if (this.flags.json !== undefined) this.runs.push(outcome.run);
    if (outcome.run.verdict === 'passed') return;
    const scenario = this.scenarios.find((opened) => opened === hunted) as OpenedScenario;
    const artifact = this.writeArtifact(scenario, outcome);
    this.noteForMinimising(scenario, outcome, artifact);
    if (++this.told > FAILURES_TOLD_MAX) return;
    this.display.clear();
    reportFailure(this.output, scenario, outcome.run, artifact, this.replayCommand(scenario, outcome.run, artifact));
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
    reportScenario(this.output, report);
    if (this.flags.json !== undefined) this.documents.push(huntDocument(report, this.placement, this.runs));
    this.runs = [];
  }

  /** One document, or an array of them where several scenarios were asked for. */
  writeDocument(): void {
    const { json } = this.flags;
    if (json === undefined) return;
    const text = `${JSON.stringify(this.scenarios.length === 1 ? (this.documents[0] ?? null) : this.documents, null, 1)}\n`;
    if (json === '-') process.stdout.write(text);
    else writeFileSync(json, text);
  }

  private writeArtifact(scenario: OpenedScenario, { run, details }: SeedOutcome): string | undefined {
    if (details === undefined || ++this.written > ARTIFACTS_MAX) return undefined;
    return writeFailure(this.flags.out, scenario, this.placement, this.madeBy, run, details);
  }

  private replayCommand(scenario: OpenedScenario, { seed }: RunSummary, artifact: string | undefined): string {
    const what =
      artifact === undefined
        ? [scenario.text, '--seed', String(seed), ...(this.flags.plan === undefined ? [] : ['--plan', this.flags.plan])]
        : [shortest(artifact)];
    return [orreryCommand(), 'replay', ...what.map(quoted)].join(' ');
  }
}

import { writeFileSync } from 'node:fs';
import { explainNondeterminism } from '../../sim/hunt/fresh/explain.js';
import { runWithOwnModules } from '../../sim/hunt/fresh/fresh-run.js';
import { PlacedRun } from '../../sim/hunt/placed-run.js';
import { parseSeedRange } from '../../sim/hunt/seed-range.js';
import type { Placement, RunResult } from '../../sim/run.js';
import type { RunSpec } from '../../sim/scenario.js';
import { findFirstDifference } from '../../sim/trace/first-difference.js';
import { traceLine } from '../../sim/trace/trace-lines.js';
import { EXIT } from '../exit-code.js';
import { openScenario, type OpenedScenario } from '../open-scenario.js';
import { formatDuration, processOutput, renderTable, type Output } from '../output.js';
import { checkOutputFile } from '../output-path.js';
import { progressDisplay, type ProgressDisplay } from '../progress.js';
import { UsageError } from '../usage-error.js';
import type { VerifyFlags } from '../verify-flags.js';
import { comparedRun, differenceOf, type ComparedRun } from './compared-run.js';

/** Seeds from here on are the others, far from those that anybody hunts. */
const OTHERS_FROM = 1_000_000;
const ALONE_TIMEOUT_MS = 300_000;
/** Of each way, so many differences are looked into. */
const EXPLAINED_MAX = 3;

/** A way of running a seed. */
interface Way {
  readonly name: string;
  readonly placement: Placement;
  readonly bySeed: Map<number, ComparedRun>;
  readonly wallMs: number;
}

/** The runs of one scenario: by way of running it, then by seed. */
interface Compared {
  readonly scenario: OpenedScenario;
  readonly ways: readonly Way[];
}

/** `orrery verify`; answers the exit code. */
export async function runVerify(names: readonly string[], flags: VerifyFlags): Promise<number> {
  if (names.length === 0) throw new UsageError('missing required argument: name a scenario, or give --matrix');
  if (flags.nodes !== undefined || flags.fetch === true || flags.shard !== undefined || flags.resume !== undefined) {
    throw new UsageError('--nodes, --fetch, --shard and --resume belong to --matrix; give that as well');
  }
  checkOutputFile('--json', flags.json);
  const output = processOutput(flags.json === '-');
  const all: Compared[] = [];
  for (const name of names) {
    const verifier = new Verifier(await openScenario(name), flags, progressDisplay());
    const found = await verifier.run();
    all.push(found);
    printWays(output, found);
    for (const way of found.ways) {
      const seeds = differences(found, way.bySeed);
      for (const seed of seeds) output.print(output.colours.red(`  seed ${seed} differs ${way.name}`));
      for (const seed of seeds.slice(0, EXPLAINED_MAX))
        output.print(`  seed ${seed}: ${await verifier.explain(seed, way)}`);
    }
  }
  if (flags.json !== undefined) writeDocument(flags.json, all);
  const isEqual = all.every((found) => found.ways.every(({ bySeed }) => differences(found, bySeed).length === 0));
  return isEqual ? EXIT.fine : EXIT.nondeterminism;
}

/** Runs the seeds of one scenario in each way. */
class Verifier {
  private readonly ways: Way[] = [];
  private readonly seeds: readonly number[];
  private readonly others: readonly number[];

  constructor(
    private readonly scenario: OpenedScenario,
    private readonly flags: VerifyFlags,
    private readonly display: ProgressDisplay,
  ) {
    const { first, last } = parseSeedRange(flags.seeds);
    this.seeds = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    this.others = Array.from({ length: flags.others }, (_, index) => OTHERS_FROM + index);
  }

  async run(): Promise<Compared> {
    const { seeds, others, flags } = this;
    await this.runAll('inline', { kind: 'inline' }, seeds);
    for (const threads of flags.threads) await this.runAll(nameOf(threads), { kind: 'threads', threads }, seeds);
    await this.runAll('inline, again', { kind: 'inline' }, seeds);
    if (others.length > 0) {
      await this.runAll('others', { kind: 'inline' }, others);
      await this.runAll(`inline, after ${others.length} others`, { kind: 'inline' }, seeds);
    }
    await this.runAlone(seeds.slice(0, flags.alone));
    this.display.clear();
    return { scenario: this.scenario, ways: this.ways };
  }

  /** Where the seed first does something else than in the first way, and why, as far as can be told. */
  async explain(seed: number, { placement, bySeed }: Way): Promise<string> {
    const [found, expected] = [bySeed.get(seed), this.ways[0]?.bySeed.get(seed)];
    if (found !== undefined && found.fingerprint === expected?.fingerprint) {
      return `the fingerprints are equal; ${String(differenceOf(found, expected))}`;
    }
    const { scenario, others } = this;
    if (placement.kind === 'threads') return this.firstDifferenceIn(seed, placement);
    const before = [this.seeds.slice(0, this.seeds.indexOf(seed) + 1), ...(others.length === 0 ? [] : [others])];
    const options = { isGuarded: false, before, timeoutMs: ALONE_TIMEOUT_MS };
    return (await explainNondeterminism(scenario.reference, this.specOf(seed), options)).text;
  }

  private async firstDifferenceIn(seed: number, placement: Placement): Promise<string> {
    const { reference } = this.scenario;
    const traceIn = async (where: Placement): Promise<Awaited<ReturnType<PlacedRun['run']>>['result']['trace']> => {
      const placed = await PlacedRun.load(reference, where, false);
      const { result } = await placed.run(this.specOf(seed), { keepTrace: true }).finally(() => placed.close());
      return result.trace;
    };
    const difference = findFirstDifference((await traceIn({ kind: 'inline' })) ?? [], (await traceIn(placement)) ?? []);
    if (difference === undefined) return 'the traces are equal: they part inside of a message, on a disk or in a draw';
    const told = (record: typeof difference.first): string =>
      record === undefined ? 'the end' : traceLine(record).text;
    const place = `${difference.step === '' ? 'a fault' : `step ${difference.step}`}, ${difference.atMs} ms`;
    return `first different at ${place}: ${told(difference.first)} inline, ${told(difference.second)} in threads`;
  }

  private specOf(seed: number): RunSpec {
    const { simS } = this.flags;
    const phases = simS === undefined ? {} : { phases: { faultMs: simS * 750, healMs: simS * 250 } };
    return { seed, params: this.scenario.reference.params, ...phases };
  }

  private async runAll(name: string, placement: Placement, which: readonly number[]): Promise<void> {
    const placed = await PlacedRun.load(this.scenario.reference, placement, false);
    await this.measure(name, placement, which, async (seed) => (await placed.run(this.specOf(seed), {})).result);
    await placed.close();
  }

  private async runAlone(which: readonly number[]): Promise<void> {
    if (which.length === 0) return;
    const { reference: scenario } = this.scenario;
    const name = 'alone in a fresh thread, modules anew for each life of a node';
    await this.measure(name, { kind: 'inline' }, which, async (seed) => {
      const request = { scenario, spec: this.specOf(seed), isGuarded: false, before: [] };
      const alone = await runWithOwnModules({ ...request, isRecorded: false }, ALONE_TIMEOUT_MS);
      return { ...alone, simulatedMs: 0 };
    });
  }

  private async measure(
    name: string,
    placement: Placement,
    which: readonly number[],
    run: (seed: number) => Promise<Pick<RunResult, 'fingerprint' | 'violations' | 'simulatedMs'>>,
  ): Promise<void> {
    const startedMs = performance.now();
    const bySeed = new Map<number, ComparedRun>();
    let simulatedMs = 0;
    for (const seed of which) {
      const result = await run(seed);
      simulatedMs += result.simulatedMs;
      bySeed.set(seed, comparedRun(result));
      const label = `${this.scenario.name} ${name}`;
      this.display.show({ label, done: bySeed.size, wanted: which.length, failures: 0, simulatedMs });
    }
    if (which !== this.others) this.ways.push({ name, placement, bySeed, wallMs: performance.now() - startedMs });
  }
}

function nameOf(threads: number | 'per-node'): string {
  return threads === 'per-node' ? 'with a thread for each node' : `with ${threads} thread${threads === 1 ? '' : 's'}`;
}

function printWays(output: Output, found: Compared): void {
  const rows = found.ways.map(({ name, bySeed, wallMs }) => [
    ...[name, String(bySeed.size), String(differences(found, bySeed).length), formatDuration(wallMs)],
  ]);
  output.print(output.colours.bold(found.scenario.name));
  output.print(renderTable(output, ['way', 'seeds', 'different', 'time'], rows, [1, 2, 3]));
}

/** Seeds whose fingerprint, or what failed in them, is not that of the first way. */
function differences({ ways }: Compared, bySeed: ReadonlyMap<number, ComparedRun>): readonly number[] {
  const expected = ways[0]?.bySeed;
  const isDifferent = ([seed, run]: readonly [number, ComparedRun]): boolean => {
    const first = expected?.get(seed);
    return first === undefined || differenceOf(run, first) !== undefined;
  };
  return [...bySeed].filter(isDifferent).map(([seed]) => seed);
}

function writeDocument(file: string, all: readonly Compared[]): void {
  const scenarios = all.map(({ scenario, ways }) => ({
    scenario: scenario.name,
    ways: ways.map(({ name, bySeed, wallMs }) => ({
      ...{ name, wallMs },
      fingerprints: Object.fromEntries([...bySeed].map(([seed, { fingerprint }]) => [seed, fingerprint])),
      // Of seeds that failed only.
      violations: Object.fromEntries(
        [...bySeed].flatMap(([seed, { violations }]) => (violations === '' ? [] : [[seed, violations]])),
      ),
    })),
  }));
  const document = `${JSON.stringify({ schemaVersion: 1, scenarios }, null, 1)}\n`;
  if (file === '-') process.stdout.write(document);
  else writeFileSync(file, document);
}

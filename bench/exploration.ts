import { execFile } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import Table from 'cli-table3';
import {
  comparisonType,
  describeOutcome,
  describeStrategies,
  type ExplorationComparison,
  type Outcome,
} from '../cli/checks/exploration-table.js';
import { corpusFilesUnder, readCorpus, type PlantedBug } from '../cli/mutants/corpus.js';
import { findProjectRoot } from '../cli/mutants/project-root.js';
import { ScratchBuild } from '../cli/mutants/scratch-build.js';
import { findStrategy, isSeedStrategy } from '../sim/exploration/index.js';
import type { StrategyOutcome } from './exploration-run.js';

const run = promisify(execFile);
/** The exhaustive search is for small scenarios; the built-in ones are none. */
const STRATEGIES = ['swarm', 'portfolio', 'pct', 'coverage', 'random'];
const BUDGET_S = '60';
/** A search that gets so little of a shared machine is given up. */
const WALL_TIMES_CPU = 30;
const GRACE_MS = 120_000;

/**
 * `npm run bench -- exploration`: each strategy hunts each planted bug, one after another, for so many seconds of one core. What `--json`
 * names is written after every search and read in the beginning: what was found stays found, what was not is searched for again only
 * where the budget has grown.
 */
export async function benchExploration(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      budget: { type: 'string', default: BUDGET_S },
      only: { type: 'string', multiple: true },
      strategy: { type: 'string', multiple: true, default: STRATEGIES },
      json: { type: 'string' },
    },
  });
  const budgetMs = Number(values.budget) * 1000;
  if (!(budgetMs > 0)) throw new Error(`--budget ${values.budget}: give seconds for each bug and strategy`);
  const unknown = values.strategy.find((name) => findStrategy(name) === undefined);
  if (unknown !== undefined) throw new Error(`--strategy ${unknown}: known are ${STRATEGIES.join(', ')}`);
  const root = findProjectRoot('bench exploration');
  const { only, json } = values;
  const corpus = readCorpus(corpusFilesUnder(root));
  const results = new Results(corpus, json);
  // A part of a name or of a scenario's will do.
  const isAsked = ({ name, scenario }: PlantedBug): boolean =>
    only === undefined || only.some((part) => name.includes(part) || scenario === part);
  const scratch = new ScratchBuild(root);
  try {
    for (const strategy of values.strategy) {
      for (const bug of corpus.filter(isAsked)) await search(scratch, results, bug, strategy, budgetMs);
    }
  } finally {
    scratch.remove();
  }
  printComparison(results.comparison());
}

/** What was measured so far, and the file that keeps it. */
class Results {
  private readonly outcomes = new Map<string, Record<string, Outcome>>();

  constructor(
    private readonly corpus: readonly PlantedBug[],
    private readonly path: string | undefined,
  ) {
    if (path === undefined || !existsSync(path)) return;
    const before = comparisonType.parse(JSON.parse(readFileSync(path, 'utf8')));
    for (const { bug, outcomes } of before.bugs) this.outcomes.set(bug, { ...outcomes });
  }

  of(bug: string, strategy: string): Outcome | undefined {
    return this.outcomes.get(bug)?.[strategy];
  }

  take(bug: string, strategy: string, outcome: Outcome): void {
    this.outcomes.set(bug, { ...this.outcomes.get(bug), [strategy]: outcome });
    if (this.path === undefined) return;
    writeFileSync(`${this.path}.part`, `${JSON.stringify(this.comparison(), null, 1)}\n`);
    renameSync(`${this.path}.part`, this.path);
  }

  comparison(): ExplorationComparison {
    const measured = new Set([...this.outcomes.values()].flatMap((outcomes) => Object.keys(outcomes)));
    const known = this.corpus.filter(({ name }) => this.outcomes.has(name));
    return {
      ...{ version: 2, node: process.version, processor: cpus()[0]?.model ?? 'unknown' },
      strategies: STRATEGIES.filter((strategy) => measured.has(strategy)),
      bugs: known.map(({ name: bug, scenario, expects }) => ({
        ...{ bug, scenario, expects },
        outcomes: this.outcomes.get(bug)!,
      })),
    };
  }
}

async function search(
  scratch: ScratchBuild,
  results: Results,
  bug: PlantedBug,
  strategy: string,
  budgetMs: number,
): Promise<void> {
  const before = results.of(bug.name, strategy);
  if (before !== undefined && (before.found || before.budgetMs >= budgetMs)) return;
  const remove = await scratch.plant(bug);
  try {
    const outcome = await searchFurther(scratch, bug, strategy, budgetMs, before);
    results.take(bug.name, strategy, { ...outcome, budgetMs });
    process.stderr.write(`${strategy}, ${bug.name}: ${describeOutcome({ ...outcome, budgetMs })}\n`);
  } finally {
    remove();
  }
}

/** Runs that are decided by their seeds alone need not be run again; a search that learns begins anew. */
async function searchFurther(
  scratch: ScratchBuild,
  { scenario, expects }: PlantedBug,
  strategy: string,
  budgetMs: number,
  before: Outcome | undefined,
): Promise<StrategyOutcome> {
  const name = findStrategy(strategy);
  const done = name !== undefined && isSeedStrategy(name) ? before : undefined;
  const { runs = 0, cpuMs = 0 } = done ?? {};
  const child = join(scratch.root, 'dist/bench/exploration-run.js');
  const wanted = ['--scenario', scenario, '--strategy', strategy, '--expects', expects];
  const limits = ['--budget-ms', String(Math.max(1, budgetMs - cpuMs)), '--first-seed', String(runs + 1)];
  const { stdout } = await run(process.execPath, [child, ...wanted, ...limits], {
    timeout: budgetMs * WALL_TIMES_CPU + GRACE_MS,
    encoding: 'utf8',
  });
  const outcome = JSON.parse(stdout) as StrategyOutcome;
  return { ...outcome, runs: runs + outcome.runs, cpuMs: cpuMs + outcome.cpuMs };
}

function printComparison(comparison: ExplorationComparison): void {
  const { strategies, bugs } = comparison;
  const table = new Table({ head: ['bug', 'scenario', ...strategies], style: { head: [], border: [] } });
  for (const { bug, scenario, outcomes } of bugs) {
    table.push([bug, scenario, ...strategies.map((strategy) => describeOutcome(outcomes[strategy]))]);
  }
  console.log('Runs and seconds of processor time until each bug was found; a dash where it was not.');
  console.log(table.toString());
  const [head = [], ...rows] = describeStrategies(comparison);
  const summary = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) summary.push([...row]);
  console.log(summary.toString());
}

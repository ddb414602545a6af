import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import Table from 'cli-table3';
import { describeOutcome, describeTotal } from '../cli/checks/exploration-table.js';
import { corpusFilesUnder, readCorpus, type PlantedBug } from '../cli/mutants/corpus.js';
import { findProjectRoot } from '../cli/mutants/project-root.js';
import { ScratchBuild } from '../cli/mutants/scratch-build.js';
import type { StrategyOutcome } from './exploration-run.js';

const run = promisify(execFile);
/** The exhaustive search is for small scenarios; the built-in ones are none. */
const STRATEGIES = ['random', 'swarm', 'pct', 'coverage', 'portfolio'];
const BUDGET_S = '60';
/** A run that has begun is finished; some take seconds. */
const GRACE_MS = 60_000;

interface BugComparison {
  readonly bug: string;
  readonly scenario: string;
  readonly expects: string;
  /** By strategy. */
  readonly outcomes: Readonly<Record<string, StrategyOutcome>>;
}

/** What `--json` writes, and docs/exploration.md shows. */
export interface ExplorationComparison {
  readonly version: 1;
  readonly node: string;
  readonly processor: string;
  readonly budgetMs: number;
  readonly strategies: readonly string[];
  readonly bugs: readonly BugComparison[];
}

/** `npm run bench -- exploration`: each strategy hunts each planted bug, one after another, on one core. */
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
  const root = findProjectRoot('bench exploration');
  const { only } = values;
  const bugs = readCorpus(corpusFilesUnder(root)).filter(({ name }) => only === undefined || only.includes(name));
  const compared = await compareAll(root, bugs, values.strategy, budgetMs);
  const comparison: ExplorationComparison = {
    ...{ version: 1, node: process.version, processor: cpus()[0]?.model ?? 'unknown', budgetMs },
    ...{ strategies: values.strategy, bugs: compared },
  };
  printComparison(comparison);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(comparison, null, 1)}\n`);
}

async function compareAll(
  root: string,
  bugs: readonly PlantedBug[],
  strategies: readonly string[],
  budgetMs: number,
): Promise<readonly BugComparison[]> {
  const scratch = new ScratchBuild(root);
  const compared: BugComparison[] = [];
  try {
    for (const bug of bugs) {
      const remove = await scratch.plant(bug);
      const outcomes: Record<string, StrategyOutcome> = {};
      for (const strategy of strategies) {
        process.stderr.write(`measuring: ${bug.name} by ${strategy}\n`);
        outcomes[strategy] = await exploreOnce(scratch, bug, strategy, budgetMs);
      }
      remove();
      compared.push({ bug: bug.name, scenario: bug.scenario, expects: bug.expects, outcomes });
    }
  } finally {
    scratch.remove();
  }
  return compared;
}

async function exploreOnce(
  scratch: ScratchBuild,
  { scenario, expects }: PlantedBug,
  strategy: string,
  budgetMs: number,
): Promise<StrategyOutcome> {
  const child = join(scratch.root, 'dist/bench/exploration-run.js');
  const wanted = ['--scenario', scenario, '--strategy', strategy, '--expects', expects];
  const { stdout } = await run(process.execPath, [child, ...wanted, '--budget-ms', String(budgetMs)], {
    timeout: budgetMs + GRACE_MS,
    encoding: 'utf8',
  });
  return JSON.parse(stdout) as StrategyOutcome;
}

function printComparison({ strategies, bugs, budgetMs }: ExplorationComparison): void {
  const table = new Table({ head: ['bug', 'scenario', ...strategies], style: { head: [], border: [] } });
  for (const { bug, scenario, outcomes } of bugs) {
    table.push([bug, scenario, ...strategies.map((strategy) => describeOutcome(outcomes[strategy]))]);
  }
  const totals = strategies.map((strategy) => describeTotal(bugs.map(({ outcomes }) => outcomes[strategy])));
  table.push(['found', '', ...totals]);
  console.log(
    `At most ${budgetMs / 1000} s on one core for each bug and strategy; runs and seconds until it was found.`,
  );
  console.log(table.toString());
}

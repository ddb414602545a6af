import { z } from 'zod';

const outcome = z.object({
  found: z.boolean(),
  runs: z.number(),
  cpuMs: z.number(),
  statesSeen: z.number(),
  budgetMs: z.number(),
});
/** What `npm run bench -- exploration --json` keeps. */
export const comparisonType = z.object({
  version: z.literal(2),
  node: z.string(),
  processor: z.string(),
  strategies: z.array(z.string()),
  bugs: z.array(
    z.object({
      bug: z.string(),
      scenario: z.string(),
      expects: z.string(),
      /** By strategy. */
      outcomes: z.record(z.string(), outcome),
    }),
  ),
});
export type Outcome = z.infer<typeof outcome>;
export type ExplorationComparison = z.infer<typeof comparisonType>;

const PLACE = /(<!-- exploration:begin -->\n)[^]*?(\n<!-- exploration:end -->)/;

/**
 * The document with the table of what `npm run bench -- exploration --json` measured.
 * @throws where the measurements are of another form, or the document has lost the place of its table.
 */
export function withExplorationTable(document: string, measurements: string): string {
  if (!PLACE.test(document)) {
    throw new Error('docs/exploration.md has lost its <!-- exploration:begin --> and end; put them back');
  }
  const table = explorationTable(comparisonType.parse(JSON.parse(measurements)));
  return document.replace(PLACE, (_, before: string, after: string) => `${before}\n${table}\n${after}`);
}

function explorationTable(comparison: ExplorationComparison): string {
  const { node, processor, strategies, bugs } = comparison;
  const rows = bugs.map(({ bug, scenario, outcomes }) => [
    bug,
    scenario,
    ...strategies.map((strategy) => describeOutcome(outcomes[strategy])),
  ]);
  const unfound = bugs.filter((one) => !Object.values(one.outcomes).some(({ found }) => found)).map(({ bug }) => bug);
  return [
    `One core each (${processor}, Node ${node}); processor time of the searching process, since the machine was shared. ` +
      'Half of the bugs were found within the median, nine of ten within p90; one that was not found counts as longer than any.',
    markdown(describeStrategies(comparison)),
    unfound.length === 0 ? 'Every bug is found by some strategy.' : `Found by none: ${unfound.join(', ')}.`,
    verdictOf(comparison),
    markdown([['bug', 'scenario', ...strategies], ...rows]),
  ].join('\n\n');
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** `17 runs, 2.4 s`, or a dash and how much was tried. */
export function describeOutcome(tried: Outcome | undefined): string {
  if (tried === undefined) return '';
  const { found, runs, cpuMs } = tried;
  return `${found ? '' : '- '}${runs} runs, ${inSeconds(cpuMs)}`;
}

/** A row for each strategy beneath a row of heads: how many it found, and how soon. */
export function describeStrategies(comparison: ExplorationComparison): readonly (readonly string[])[] {
  const rows = comparison.strategies.map((strategy) => {
    const { found, tried, budgetMs, median, p90, totalMs } = standingOf(comparison, strategy);
    return [
      strategy,
      `${found} of ${tried}`,
      inSeconds(median),
      inSeconds(p90),
      inSeconds(totalMs),
      inSeconds(budgetMs),
    ];
  });
  return [['strategy', 'found', 'median', 'p90', 'all together', 'at most for each'], ...rows];
}

function verdictOf(comparison: ExplorationComparison): string {
  const favoured = favouredStrategy(comparison);
  if (favoured !== undefined) return `The table favours \`${favoured}\`, so it is the default.`;
  return 'Not every strategy has been tried on every bug yet, so the table favours none.';
}

/**
 * Which strategy found most bugs; of two that found as many the one that took less time for all of them. Undefined as long as fewer than two
 * were tried, or one of them not on all bugs.
 */
export function favouredStrategy(comparison: ExplorationComparison): string | undefined {
  const { strategies, bugs } = comparison;
  const isTried = (strategy: string): boolean => bugs.every(({ outcomes }) => outcomes[strategy] !== undefined);
  if (strategies.length < 2 || !strategies.every(isTried)) return undefined;
  const standings = strategies.map((name) => ({ name, ...standingOf(comparison, name) }));
  standings.sort((a, b) => b.found - a.found || a.totalMs - b.totalMs);
  return standings[0]?.name;
}

function standingOf({ bugs }: ExplorationComparison, strategy: string): Standing {
  const tried = bugs.flatMap(({ outcomes }) => outcomes[strategy] ?? []);
  const times = tried.map(({ found, cpuMs }) => (found ? cpuMs : Infinity)).sort((a, b) => a - b);
  const within = (percent: number): number => times[Math.ceil((times.length * percent) / 100) - 1] ?? Infinity;
  return {
    found: tried.filter(({ found }) => found).length,
    tried: tried.length,
    budgetMs: tried.reduce((most, { budgetMs }) => Math.max(most, budgetMs), 0),
    median: within(50),
    p90: within(90),
    totalMs: tried.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  };
}

interface Standing {
  readonly found: number;
  readonly tried: number;
  readonly budgetMs: number;
  readonly median: number;
  readonly p90: number;
  readonly totalMs: number;
}

function inSeconds(ms: number): string {
  return ms === Infinity ? 'not found' : `${(ms / 1000).toFixed(1)} s`;
}

import { z } from 'zod';

const outcome = z.object({ found: z.boolean(), runs: z.number(), wallMs: z.number() });
const comparison = z.object({
  version: z.literal(1),
  node: z.string(),
  processor: z.string(),
  budgetMs: z.number(),
  strategies: z.array(z.string()),
  bugs: z.array(z.object({ bug: z.string(), scenario: z.string(), outcomes: z.record(z.string(), outcome) })),
});
type Outcome = z.infer<typeof outcome>;

const PLACE = /(<!-- exploration:begin -->\n)[^]*?(\n<!-- exploration:end -->)/;

/**
 * The document with the table of what `npm run bench -- exploration --json` measured.
 * @throws where the measurements are of another form, or the document has lost the place of its table.
 */
export function withExplorationTable(document: string, measurements: string): string {
  if (!PLACE.test(document)) {
    throw new Error('docs/exploration.md has lost its <!-- exploration:begin --> and end; put them back');
  }
  const table = explorationTable(comparison.parse(JSON.parse(measurements)));
  return document.replace(PLACE, (_, before: string, after: string) => `${before}\n${table}\n${after}`);
}

function explorationTable({ node, processor, budgetMs, strategies, bugs }: z.infer<typeof comparison>): string {
  const rows = bugs.map(({ bug, scenario, outcomes }) => [
    bug,
    scenario,
    ...strategies.map((strategy) => describeOutcome(outcomes[strategy])),
  ]);
  const totals = strategies.map((strategy) => describeTotal(bugs.map(({ outcomes }) => outcomes[strategy])));
  const lines = [
    ['bug', 'scenario', ...strategies],
    ['---', '---', ...strategies.map(() => '---')],
    ...rows,
    ['**found**', '', ...totals],
  ];
  const where = `At most ${budgetMs / 1000} s for each bug and strategy on one core (${processor}, Node ${node}).`;
  return `${where}\n\n${lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')}\n`;
}

/** `17 runs, 2.4 s`, or a dash and how much was tried. */
export function describeOutcome(tried: Outcome | undefined): string {
  if (tried === undefined) return '';
  const { found, runs, wallMs } = tried;
  return `${found ? '' : '- '}${runs} runs, ${(wallMs / 1000).toFixed(1)} s`;
}

/** `7 of 8, 31.2 s`: how many bugs were found, and the time that all of them took together. */
export function describeTotal(tried: readonly (Outcome | undefined)[]): string {
  const known = tried.filter((one) => one !== undefined);
  const seconds = known.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000;
  return `${known.filter(({ found }) => found).length} of ${known.length}, ${seconds.toFixed(1)} s`;
}

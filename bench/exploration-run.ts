// One strategy upon one scenario for a while, in a process of its own: the build beside this file may have a bug planted in it.
import { parseArgs } from 'node:util';
import { builtInReference } from '../cli/built-in-scenarios.js';
import { createCalendar } from '../runtime/node/calendar.js';
import { exploreInline, findStrategy } from '../sim/exploration/index.js';
import { loadScenario } from '../sim/threads/load-scenario.js';

const RUNS_MAX = 1_000_000;

/** What `bench/exploration.ts` reads from standard output. */
export interface StrategyOutcome {
  readonly found: boolean;
  readonly runs: number;
  readonly wallMs: number;
  readonly statesSeen: number;
}

async function main(): Promise<void> {
  const options = { scenario: { type: 'string' }, strategy: { type: 'string' }, expects: { type: 'string' } } as const;
  const { values } = parseArgs({ options: { ...options, 'budget-ms': { type: 'string', default: '60000' } } });
  const strategy = findStrategy(values.strategy ?? '');
  const reference = builtInReference(values.scenario ?? '');
  if (strategy === undefined || reference === undefined) throw new Error('give --scenario, --strategy and --expects');
  const scenario = await loadScenario(reference);
  const startedMs = performance.now();
  const endsMs = startedMs + Number(values['budget-ms']);
  const { found, runs, confidence } = exploreInline({
    ...{ strategy, scenario, params: reference.params, firstSeed: 1, lastSeed: RUNS_MAX },
    calendar: createCalendar(),
    isWanted: ({ violations }) => violations.some(({ property }) => property === values.expects),
    isOver: () => performance.now() > endsMs,
  });
  const wallMs = performance.now() - startedMs;
  const outcome: StrategyOutcome = { found: found !== undefined, runs, wallMs, statesSeen: confidence.statesSeen };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

await main();

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
  /** Of this process while it searched, its threads for compiling and collecting garbage included; of the whole search where it went on. */
  readonly cpuMs: number;
  readonly statesSeen: number;
}

/** Processor time, since the machine may be shared. */
function spentMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function main(): Promise<void> {
  const options = { scenario: { type: 'string' }, strategy: { type: 'string' }, expects: { type: 'string' } } as const;
  const budget = {
    'budget-ms': { type: 'string', default: '60000' },
    'first-seed': { type: 'string', default: '1' },
  } as const;
  const { values } = parseArgs({ options: { ...options, ...budget } });
  const strategy = findStrategy(values.strategy ?? '');
  const reference = builtInReference(values.scenario ?? '');
  if (strategy === undefined || reference === undefined) throw new Error('give --scenario, --strategy and --expects');
  const scenario = await loadScenario(reference);
  const startedMs = spentMs();
  const endsMs = startedMs + Number(values['budget-ms']);
  const { found, runs, confidence } = exploreInline({
    ...{ strategy, scenario, params: reference.params, firstSeed: Number(values['first-seed']), lastSeed: RUNS_MAX },
    calendar: createCalendar(),
    isWanted: ({ violations }) => violations.some(({ property }) => property === values.expects),
    isOver: () => spentMs() > endsMs,
  });
  const cpuMs = Math.round(spentMs() - startedMs);
  const outcome: StrategyOutcome = { found: found !== undefined, runs, cpuMs, statesSeen: confidence.statesSeen };
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

await main();

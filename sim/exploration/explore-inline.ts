import type { Calendar } from '../../runtime/ports.js';
import type { SentMessage } from '../network/arrival-plan.js';
import type { RunResult } from '../run.js';
import type { Scenario } from '../scenario.js';
import { runInline } from '../world/run-inline.js';
import { isSeedStrategy, roundStrategy, type StrategyOptions } from './choose-strategy.js';
import { StateCounts, type Confidence } from './confidence.js';
import { specOfSeed, type Candidate, type ExploredRun, type StrategyName, type StrategySummary } from './strategy.js';

export interface InlineExploration extends StrategyOptions {
  readonly strategy: StrategyName;
  readonly calendar: Calendar;
  /** Which failure ends the search. Default: any. */
  readonly isWanted?: (result: RunResult) => boolean;
  /** Asked before each run. */
  readonly isOver?: () => boolean;
}

export interface Explored {
  readonly runs: number;
  readonly found: { readonly candidate: Candidate; readonly result: RunResult } | undefined;
  readonly confidence: Confidence;
  readonly summary: StrategySummary | undefined;
}

/** Carries a strategy out run after run, in this thread. What it finds is what the same strategy finds on any number of workers. */
export function exploreInline(options: InlineExploration): Explored {
  const { scenario, calendar, isWanted = ({ verdict }) => verdict === 'failed' } = options;
  const counts = new StateCounts();
  const reached: Record<string, number> = {};
  const strategy = isSeedStrategy(options.strategy) ? undefined : roundStrategy(options.strategy, options);
  let runs = 0;
  for (const round of roundsOf(options, strategy)) {
    const explored: ExploredRun[] = [];
    for (const candidate of round) {
      if (options.isOver?.() === true) return { runs, found: undefined, ...ended() };
      const { result, run } = carryOut(scenario, candidate, calendar);
      runs++;
      explored.push(run);
      counts.add(run.states);
      for (const [name, count] of Object.entries(result.reached)) reached[name] = (reached[name] ?? 0) + count;
      if (result.verdict === 'failed' && isWanted(result)) return { runs, found: { candidate, result }, ...ended() };
    }
    strategy?.takeIn(explored);
  }
  return { runs, found: undefined, ...ended() };

  function ended(): Pick<Explored, 'confidence' | 'summary'> {
    return { confidence: counts.confidence(reached), summary: strategy?.summary };
  }
}

function* roundsOf(
  { strategy, scenario, firstSeed, lastSeed, params }: InlineExploration,
  rounds: ReturnType<typeof roundStrategy> | undefined,
): Generator<readonly Candidate[]> {
  if (isSeedStrategy(strategy)) {
    for (let seed = firstSeed; seed <= lastSeed; seed++) {
      yield [{ number: seed, spec: specOfSeed(strategy, scenario, seed, params), needsSends: false }];
    }
    return;
  }
  for (let round = rounds!.nextRound(); round.length > 0; round = rounds!.nextRound()) yield round;
}

function carryOut(
  scenario: Scenario,
  { number, spec, needsSends }: Candidate,
  calendar: Calendar,
): { readonly result: RunResult; readonly run: ExploredRun } {
  const sends: SentMessage[] = [];
  const listening = needsSends ? { onSend: (sent: SentMessage): void => void sends.push(sent) } : {};
  const result = runInline(scenario, spec, { calendar, countStates: true, ...listening });
  return { result, run: { number, states: result.states ?? [], violations: result.violations, sends } };
}

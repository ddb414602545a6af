import fc from 'fast-check';
import { expect, it } from 'vitest';
import { exploreInline } from '../exploration/explore-inline.js';
import { copierScenario, forgetfulBookingScenario, noCalendar } from '../exploration/planted.fixture.js';
import type { StrategyName } from '../exploration/strategy.js';
import type { SentMessage } from '../network/arrival-plan.js';
import type { Scenario } from '../scenario.js';
import { runInline } from '../world/run-inline.js';
import type { Job, JobResult } from './job.js';
import { ScenarioHunt, type HuntRules } from './scenario-hunt.js';
import { numbered, type SeedOutcome } from './seed-outcome.js';

const SEEDS = { first: 1, last: 120 };

function rulesOf(explore: StrategyName): HuntRules {
  return {
    ...{ seeds: SEEDS, placement: { kind: 'inline' }, failuresWanted: 1, verify: 'none', isGuarded: false, explore },
    limits: { timeoutMs: 1_000 },
  };
}

function carryOut(scenario: Scenario, { seeds, candidates = [], stopsAtFailure }: Job): JobResult {
  const outcomes: SeedOutcome[] = [];
  for (const [index, number] of seeds.entries()) {
    const sends: SentMessage[] = [];
    const onSend = (sent: SentMessage): void => void sends.push(sent);
    const { result, states } = run(scenario, candidates[index]!.spec, onSend);
    outcomes.push(numbered({ run: result, states, sends }, number));
    if (stopsAtFailure && result.verdict === 'failed') break;
  }
  return { outcomes };
}

function run(
  scenario: Scenario,
  spec: NonNullable<Job['candidates']>[number]['spec'],
  onSend: (sent: SentMessage) => void,
): { readonly result: SeedOutcome['run']; readonly states: readonly number[] } {
  const whole = runInline(scenario, spec, { calendar: noCalendar, countStates: true, onSend });
  const { seed, fingerprint, steps, simulatedMs, wallMs, verdict, violations, reached } = whole;
  return {
    result: { seed, fingerprint, steps, simulatedMs, wallMs, verdict, violations, reached },
    states: whole.states ?? [],
  };
}

/** The hunt on so many workers, of which `turns` says who finishes next. */
function huntWith(
  scenario: Scenario,
  explore: StrategyName,
  workers: number,
  turns: readonly number[],
): readonly string[] {
  const emitted: string[] = [];
  const reference = { module: 'file:///none', export: 'none', params: null };
  const hunt = new ScenarioHunt(scenario, reference, rulesOf(explore), ({ run }) =>
    emitted.push(`${run.seed} ${run.basedOn ?? ''} ${run.fingerprint} ${run.verdict}`),
  );
  const running: Job[] = [];
  for (let turn = 0; ; turn++) {
    while (running.length < workers) {
      const job = hunt.nextJob();
      if (job === undefined || job === 'wait') break;
      running.push(job);
    }
    if (running.length === 0) break;
    const [job] = running.splice((turns[turn % turns.length] ?? 0) % running.length, 1);
    hunt.finish(job!, carryOut(scenario, job!), 1);
  }
  emitted.push(hunt.ending, JSON.stringify(hunt.reduction.confidence), JSON.stringify(hunt.reduction.totals.seeds));
  return emitted;
}

it.each<[StrategyName, Scenario]>([
  ['coverage', copierScenario],
  ['portfolio', copierScenario],
  ['exhaustive', forgetfulBookingScenario],
])('the number of workers and who is faster change nothing: %s', (explore, scenario) => {
  const alone = huntWith(scenario, explore, 1, [0]);
  const turns = fc.array(fc.nat(7), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), turns, (workers, order) => {
      expect(huntWith(scenario, explore, workers, order)).toEqual(alone);
    }),
    { numRuns: 6 },
  );
});

it('runs what the same strategy runs in one thread', () => {
  const options = { scenario: forgetfulBookingScenario, params: null, firstSeed: 1, lastSeed: 120 };
  const { found, runs } = exploreInline({ ...options, strategy: 'exhaustive', calendar: noCalendar });
  const hunted = huntWith(forgetfulBookingScenario, 'exhaustive', 3, [1, 0]);
  expect(hunted).toContain(`${runs} 1 ${found?.result.fingerprint} failed`);
});

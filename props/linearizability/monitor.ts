import type { ObservedRecord } from '../../runtime/observation.js';
import type { Monitor } from '../../sim/properties/property.js';
import { pairEvents, type HistoryEvent } from '../histories/index.js';
import { checkLinearizable } from './check-history.js';
import type { Counterexample } from './counterexample.js';
import { describeOperation, type Model } from './model.js';

/** An operation's call or answer, as a client of a simulated run tells it. Each operation is its own process: a client may have several under way. */
export type ToldEvent = Omit<HistoryEvent, 'line' | 'timeMs'>;

const STEPS_MAX = 5_000_000;

/**
 * A property: what the clients of a run were told is linearizable. It knows nothing of how the object works, only what was asked and
 * answered; an operation whose client crashed or gave up stays open. Judged at the end of the run.
 * @param eventOf what a record tells of the history, or undefined.
 */
export function linearizableHistory<State>(
  model: Model<State>,
  eventOf: (record: ObservedRecord) => ToldEvent | undefined,
): Monitor {
  const events: HistoryEvent[] = [];
  /** Addresses of steps, by the line of an event. */
  const steps: string[] = [];
  return {
    observe(record) {
      const told = eventOf(record);
      if (told === undefined) return undefined;
      steps.push(`${record.node}:${record.step}`);
      const { process, type, f, key, value } = told;
      events.push({ process, type, f, key, value, line: steps.length });
      return undefined;
    },
    end() {
      const {
        verdict,
        counterexample,
        steps: tried,
      } = checkLinearizable(model, pairEvents(events, 'the run'), {
        stepsMax: STEPS_MAX,
      });
      if (verdict === 'legal') return undefined;
      if (counterexample !== undefined) return explain(counterexample, steps);
      return `undecided after ${tried} steps, which is not to be taken for linearizable; give the run less work at once`;
    },
  };
}

function explain({ culprit, refusals, prefix }: Counterexample, steps: readonly string[]): string {
  return (
    `${describeOperation(culprit)} of ${culprit.process}, asked at ${steps[culprit.line - 1] ?? 'the start'}, is explained by no order: ` +
    `behind ${prefix.length} others ${refusals.map(({ reason }) => reason).join('; ')}`
  );
}

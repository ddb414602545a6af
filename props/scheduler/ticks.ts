import type { Monitor } from '../../sim/properties/property.js';
import { factOf, type ExecutionFact, type TickFact } from './facts.js';

function keyOf({ taskId, nominalMs, generation }: Pick<TickFact, 'taskId' | 'nominalMs' | 'generation'>): string {
  return `${taskId}/${nominalMs}/${generation}`;
}

/** A tick has one identity and exactly one outcome, written once and seen alike by all. */
export function tickHasOneOutcome(): Monitor {
  const ticks = new Map<string, TickFact>();
  return {
    observe(record) {
      const fact = factOf(record, 'tick-recorded');
      if (fact === undefined) return undefined;
      const key = keyOf(fact);
      if (fact.version !== 1) return `tick ${key} was written ${fact.version} times`;
      const first = ticks.get(key);
      ticks.set(key, first ?? fact);
      if (first === undefined || (first.outcome === fact.outcome && first.revision === fact.revision)) return undefined;
      return `tick ${key} is ${first.outcome} at revision ${first.revision} and ${fact.outcome} at ${fact.revision}`;
    },
  };
}

/** Every tick that the calendar has, up to where its schedule has been worked off, is in the ledger. */
export function ticksAccounted(): Monitor {
  return {
    observe(record) {
      const fact = factOf(record, 'tick-unaccounted');
      return fact === undefined ? undefined : `${record.node} misses tick ${keyOf(fact)} in the ledger`;
    },
  };
}

/** As `ticksAccounted`, where replicas need time to agree: nothing is missing in the last audit of any node. */
export function ticksAccountedAtLast(): Monitor {
  const last = new Map<string, string>();
  return {
    observe(record) {
      const fact = factOf(record, 'ticks-audited');
      if (fact === undefined) return undefined;
      const place = `${record.node} ${fact.taskId}`;
      if (fact.unaccounted === 0) last.delete(place);
      else last.set(place, `${record.node} misses ${fact.unaccounted} ticks of ${fact.taskId} in the ledger`);
      return undefined;
    },
    end: () => [...last.values()][0],
  };
}

/** The ledger holds nothing that the calendar does not have. */
export function ticksKnown(): Monitor {
  return {
    observe(record) {
      const fact = factOf(record, 'tick-unknown');
      return fact === undefined
        ? undefined
        : `${record.node} found tick ${keyOf(fact)}, which the calendar does not have`;
    },
  };
}

/** A tick that ran made its execution, and no execution comes from a tick that is not in the ledger. */
export function ticksMakeExecutions(): Monitor {
  const ran = new Map<string, TickFact>();
  const made = new Map<string, ExecutionFact>();
  return {
    observe(record) {
      const tick = factOf(record, 'tick-recorded');
      if (tick?.outcome === 'ran') ran.set(tick.executionId, tick);
      const execution = factOf(record, 'execution-changed');
      if (execution !== undefined && execution.nominalMs > 0) made.set(execution.executionId, execution);
      return undefined;
    },
    end() {
      for (const [executionId, tick] of ran) {
        if (!made.has(executionId)) return `tick ${keyOf(tick)} ran, but there is no execution ${executionId}`;
      }
      for (const executionId of made.keys()) {
        if (!ran.has(executionId)) return `execution ${executionId} comes from a tick that is not recorded to have run`;
      }
      return undefined;
    },
  };
}

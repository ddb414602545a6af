import type { Monitor } from '../../sim/properties/property.js';
import { factOf, type AttemptFact } from './facts.js';

/** No execution has its effect twice, however often it was attempted. */
export function effectAtMostOnce(): Monitor {
  const applied = new Map<string, AttemptFact>();
  return {
    observe(record) {
      const fact = factOf(record, 'effect-applied');
      if (fact === undefined) return undefined;
      const first = applied.get(fact.executionId);
      applied.set(fact.executionId, first ?? fact);
      if (first === undefined) return undefined;
      return `${fact.executionId} had its effect twice: by ${describe(first)} and by ${describe(fact)}`;
    },
  };
}

/** An overtaken attempt is seen for what it is: no effect takes place, or is taken for a repetition, under a lower token. */
export function effectTokensRise(): Monitor {
  const highest = new Map<string, AttemptFact>();
  return {
    observe(record) {
      const refused = factOf(record, 'effect-refused');
      const fact = refused ?? factOf(record, 'effect-applied');
      if (fact === undefined) return undefined;
      const known = highest.get(fact.executionId);
      const isOvertaken = known !== undefined && fact.token < known.token;
      if (isOvertaken === (refused?.reason === 'stale')) {
        if (!isOvertaken) highest.set(fact.executionId, fact);
        return undefined;
      }
      const verdict = refused?.reason ?? 'applied';
      return `${fact.executionId}: the effect of ${describe(fact)} was ${verdict} after ${describe(known ?? fact)}`;
    },
  };
}

function describe({ attempt, token }: AttemptFact): string {
  return `attempt ${attempt} (token ${token})`;
}

/** However often a submission was repeated, and at whatever node: it makes one execution. */
export function submissionIsOneExecution(): Monitor {
  const made = new Map<string, string>();
  return {
    observe(record) {
      const fact = factOf(record, 'task-accepted');
      if (fact === undefined) return undefined;
      const submission = `${fact.taskId} ${fact.submissionId}`;
      const first = made.get(submission);
      made.set(submission, first ?? fact.executionId);
      if (first === undefined || first === fact.executionId) return undefined;
      return `submission ${submission} made two executions: ${first} and ${fact.executionId}`;
    },
  };
}

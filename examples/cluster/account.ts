import type { Observation, ObservedRecord } from '../../runtime/observation.js';

/** What the demonstration tells while it runs: when, and what happened. */
export class Account {
  readonly #startUs = nowUs();

  tell(what: string, atUs = nowUs()): void {
    console.log(`${((atUs - this.#startUs) / 1e6).toFixed(1).padStart(6)} s  ${what}`);
  }

  heading(text: string): void {
    console.log(`\n${text}`);
  }

  line(text: string): void {
    console.log(`          ${text}`);
  }
}

/** The clock of the observations: one for all processes of this machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** An election, a death or a refused effect in words; undefined for what is not told. */
export function describeEvent(node: string, observation: Observation): string | undefined {
  const { type } = observation;
  if (type === 'raft-became-leader') return `${node} leads in term ${String(observation['term'])}`;
  if (type === 'planner-active') return `${node} plans, token ${String(observation['token'])}`;
  if (type === 'node-crashed') return `${node} dies`;
  if (type !== 'effect-refused') return undefined;
  const { executionId, attempt, reason } = observation;
  return `refused: the effect of ${String(executionId)}, attempt ${String(attempt)}, is ${String(reason)}`;
}

/** One execution at the sink: how often it had its effect, and how often that was refused. */
export interface EffectTold {
  readonly executionId: string;
  readonly applied: number;
  readonly refused: number;
}

export function effectsIn(records: readonly ObservedRecord[]): readonly EffectTold[] {
  const told = new Map<string, { executionId: string; applied: number; refused: number }>();
  for (const { observation } of records) {
    if (observation.type !== 'effect-applied' && observation.type !== 'effect-refused') continue;
    const executionId = String(observation['executionId']);
    const effect = told.get(executionId) ?? { executionId, applied: 0, refused: 0 };
    told.set(executionId, effect);
    if (observation.type === 'effect-applied') effect.applied++;
    else effect.refused++;
  }
  return [...told.values()];
}

/** How often attempts were started, by execution. */
export function attemptsIn(records: readonly ObservedRecord[]): ReadonlyMap<string, number> {
  const attempts = new Map<string, number>();
  for (const { observation } of records) {
    if (observation.type !== 'attempt-started') continue;
    const executionId = String(observation['executionId']);
    attempts.set(executionId, (attempts.get(executionId) ?? 0) + 1);
  }
  return attempts;
}

/** The first observation of a type after a moment, of any node but one. */
export function firstAfter(
  records: readonly ObservedRecord[],
  type: string,
  afterUs: number,
  exceptNode: string,
): ObservedRecord | undefined {
  return records
    .filter(({ node, atUs, observation }) => observation.type === type && atUs > afterUs && node !== exceptNode)
    .sort((a, b) => a.atUs - b.atUs)[0];
}

import type { ObservedRecord } from '../../runtime/observation.js';

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

  secondsAt(atUs: number): string {
    return `${((atUs - this.#startUs) / 1e6).toFixed(1)} s`;
  }
}

/** The clock of the observations: one for all processes of this machine. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

export interface RefusalTold {
  readonly attempt: number;
  readonly reason: string;
  readonly atUs: number;
}

/** One execution at the sink: how often it had its effect, and which attempts were refused. */
export interface EffectTold {
  readonly executionId: string;
  readonly applied: number;
  readonly refused: readonly RefusalTold[];
}

export function effectsIn(records: readonly ObservedRecord[]): readonly EffectTold[] {
  const told = new Map<string, { executionId: string; applied: number; refused: RefusalTold[] }>();
  for (const { observation, atUs } of records) {
    if (observation.type !== 'effect-applied' && observation.type !== 'effect-refused') continue;
    const executionId = String(observation['executionId']);
    const effect = told.get(executionId) ?? { executionId, applied: 0, refused: [] };
    told.set(executionId, effect);
    if (observation.type === 'effect-applied') effect.applied++;
    else effect.refused.push({ attempt: Number(observation['attempt']), reason: String(observation['reason']), atUs });
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

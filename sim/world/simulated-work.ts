import type { NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import { copyPlain, type Plain } from '../../runtime/data.js';
import type { WorkResult } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import type { Scenario, SimulatedWorkOutcome } from '../scenario.js';

/** How a piece of work will end: drawn when it starts. */
export interface DrawnWork {
  readonly durationUs: number;
  readonly result: WorkResult;
  readonly effects: NonNullable<SimulatedWorkOutcome['effects']>;
  /** Whether its effects take place even if it is cancelled before its end: a cancel may come too late. */
  readonly survivesCancel: boolean;
}

/** The work of one node, over all its lives: shell commands, requests and functions as the scenario says they behave. */
export class SimulatedWorks {
  private readonly occurrences = new Map<string, number>();

  constructor(
    private readonly seed: number,
    private readonly node: NodeId,
    private readonly scenario: Scenario,
  ) {}

  draw(kind: string, input: Plain): DrawnWork {
    const occurrence = this.occurrences.get(kind) ?? 0;
    this.occurrences.set(kind, occurrence + 1);
    const random = randomStream(`${this.seed}/${this.node}/work/${kind}/${occurrence}`);
    const survivesCancel = random.between(0, 1) === 1;
    const outcome = this.scenario.simulateWork?.({
      node: this.node,
      kind,
      input: copyPlain(input),
      occurrence,
      random,
    });
    const {
      durationMs,
      result,
      effects = [],
    } = outcome ?? { durationMs: 0, result: { ok: true, value: null } as const };
    const durationUs = Math.round(durationMs * 1000);
    assert(
      Number.isSafeInteger(durationUs) && durationUs >= 0,
      `scenario ${this.scenario.name}: simulateWork gave ${kind} a duration of ${durationMs} ms; give a number from 0`,
    );
    return { durationUs, result, effects, survivesCancel };
  }
}

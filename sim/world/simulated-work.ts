import type { AnyAddress, NodeId } from '../../runtime/address.js';
import { assert } from '../../runtime/assert.js';
import { copyPlain, findNotPlain, type Message, type Plain } from '../../runtime/data.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { WorkResult } from '../../runtime/ports.js';
import { randomStream } from '../../runtime/random.js';
import type { Scenario, SimulatedWorkOutcome } from '../scenario.js';

/** A piece of work that is going on, and how it will end: drawn when it starts. */
export interface OpenWork {
  readonly durationUs: number;
  readonly result: WorkResult;
  readonly effects: NonNullable<SimulatedWorkOutcome['effects']>;
  /** Whether its effects take place even if it is cancelled before its end: a cancel may come too late. */
  readonly survivesCancel: boolean;
  isCancelled: boolean;
}

/** The work of one node, over all its lives: shell commands, requests and functions as the scenario says they behave. */
export class SimulatedWork {
  private readonly occurrences = new Map<string, number>();
  /** Of the present life, by work id. */
  private readonly open = new Map<number, OpenWork>();

  constructor(
    private readonly seed: number,
    private readonly node: NodeId,
    private readonly scenario: Scenario,
  ) {}

  start(workId: number, kind: string, input: Plain): OpenWork {
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
    const notPlain = findNotPlain(effects, 'effects');
    assert(notPlain === undefined, `scenario ${this.scenario.name}: simulateWork of ${kind}: ${notPlain}`);
    // A copy: the scenario may give the same value to others, and whoever gets it may change it.
    const work = { durationUs, result: copyPlain(result), effects, survivesCancel, isCancelled: false };
    this.open.set(workId, work);
    return work;
  }

  cancel(workId: number): void {
    const work = this.open.get(workId);
    if (work !== undefined) work.isCancelled = true;
  }

  /** The result to tell the node, or undefined where nobody waits for it any more. */
  finish(workId: number): WorkResult | undefined {
    const work = this.open.get(workId);
    this.open.delete(workId);
    return work === undefined || work.isCancelled ? undefined : work.result;
  }

  /** The node is gone. What it started goes on. */
  endLife(): void {
    this.open.clear();
  }
}

/** What work sends on its own account, while its node may be gone. */
export function effectEnvelope(
  node: NodeId,
  sequence: number,
  causeStep: number,
  to: AnyAddress,
  message: Message,
): Envelope {
  return {
    from: `${node}/work`,
    to,
    incarnation: 0,
    toIncarnation: 0,
    sequence,
    causeStep,
    lamport: 0,
    traceparent: '',
    schemaVersion: 1,
    correlation: 0,
    stamp: 0,
    message: copyPlain(message),
  };
}

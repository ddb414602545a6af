import type { AnyAddress } from './address.js';
import type { Message, Plain } from './data.js';
import type { Lsn } from './envelope.js';
import type { Observation } from './observation.js';

/** What leaves a node, with the turn that made it. */
export type Output =
  | {
      readonly kind: 'send';
      readonly from: AnyAddress;
      readonly to: AnyAddress;
      readonly toIncarnation: number;
      readonly step: number;
      readonly traceparent: string;
      readonly correlation: number;
      readonly stamp: Lsn;
      readonly message: Message;
    }
  | {
      readonly kind: 'observe';
      readonly actor: string;
      readonly step: number;
      readonly stamp: Lsn;
      readonly observation: Observation;
    }
  | {
      readonly kind: 'work';
      readonly workId: number;
      readonly stamp: Lsn;
      readonly workKind: string;
      readonly input: Plain;
    };

/**
 * Output commit: holds what leaves the node until everything that it rests on is durable.
 *
 * Invariant: the outputs of one actor leave in the order of their making. An actor's stamp never falls, so what it made later
 * waits at least as long; outputs of different actors may overtake each other.
 */
export class OutputGate {
  private held: Output[] = [];

  constructor(
    private readonly durableLsn: () => Lsn,
    private readonly release: (output: Output) => void,
  ) {}

  get heldCount(): number {
    return this.held.length;
  }

  /** Whether what rests on this leaves at once. */
  isOpenTo(stamp: Lsn): boolean {
    return stamp <= this.durableLsn();
  }

  pass(output: Output): void {
    if (this.isOpenTo(output.stamp)) this.release(output);
    else this.hold(output);
  }

  hold(output: Output): void {
    this.held.push(output);
  }

  releaseUpTo(lsn: Lsn): void {
    const held = this.held;
    if (held.length === 0) return;
    this.held = [];
    for (const output of held) {
      if (output.stamp <= lsn) this.release(output);
      else this.held.push(output);
    }
  }

  /** The work was cancelled before it began. */
  dropWork(workId: number): boolean {
    const index = this.held.findIndex((output) => output.kind === 'work' && output.workId === workId);
    if (index < 0) return false;
    this.held.splice(index, 1);
    return true;
  }

  clear(): void {
    this.held = [];
  }
}

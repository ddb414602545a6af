import type { NodeId } from '../../runtime/address.js';
import type { Envelope } from '../../runtime/envelope.js';
import type { ObservedRecord } from '../../runtime/observation.js';
import type { Calendar } from '../../runtime/ports.js';
import type { TurnGuard } from '../../runtime/turn-guard.js';
import type { SentMessage } from '../network/arrival-plan.js';
import type { Links } from '../network/links.js';
import type { TurnFailure } from '../run.js';
import type { Scenario } from '../scenario.js';
import type { FingerprintChains } from '../trace/fingerprint.js';
import type { TraceRecorder } from '../trace/trace-recorder.js';
import type { EffectListener } from './effects.js';
import type { MessageWatches } from './message-watches.js';
import type { NameTable } from './name-table.js';
import type { Tamper } from './tamper.js';

/** The programs for one life of a node, counted from 1. */
export type ProgramsOf = (node: NodeId, life: number) => Scenario['programs'];

/** What a simulated node needs of the group that it lives in. */
export interface NodeWorld {
  readonly seed: number;
  readonly seedHash: number;
  readonly epochUs: number;
  readonly scenario: Scenario;
  readonly names: NameTable;
  readonly links: Links;
  readonly chains: FingerprintChains;
  /** Present where the whole trace is kept. */
  readonly trace: TraceRecorder | undefined;
  readonly calendar: Calendar;
  readonly deepFingerprint: boolean;
  /** Actors are followed step by step. */
  readonly isNarrated: boolean;
  readonly freezeMessages: boolean;
  readonly maxStepsPerNode: number;
  readonly maxEventsPerWindow: number;
  readonly tamper: Tamper | undefined;
  readonly guard: TurnGuard | undefined;
  /** Present where faults of the plan wait for messages. */
  readonly watches: MessageWatches | undefined;
  /** Told of every message that goes out on a link. */
  readonly onSend: ((sent: SentMessage) => void) | undefined;
  /** Told what each node does, where two runs are compared. */
  readonly effects: EffectListener | undefined;
  /** Programs of its own for each life of a node, in place of the scenario's: nothing in a module outlives a crash. */
  readonly programsOf: ProgramsOf | undefined;
  /** Called before each turn, for breakpoints. */
  readonly beforeTurn: ((node: NodeId, step: number) => void) | undefined;
  /** Hands an envelope to the node with this index, here or in another group. */
  deliver(toIndex: number, arrivalUs: number, order: number, sentAtUs: number, envelope: Envelope): void;
  observe(nodeIndex: number, record: ObservedRecord): void;
  narrate(nodeIndex: number, record: ObservedRecord): void;
  /** The node has work at `timeUs` while it is not its turn. */
  wake(nodeIndex: number, timeUs: number): void;
  halted(nodeIndex: number, reason: string): void;
  /** A turn threw. */
  diagnose(failure: TurnFailure): void;
}

import type { ActorCell } from './actor-cell.js';
import type { AnyAddress, NodeId } from './address.js';
import type { Message, Plain } from './data.js';
import { SCHEMA_VERSION, type Lsn } from './envelope.js';
import type { Observation } from './observation.js';
import { OutputGate, type Output } from './output-gate.js';
import type { NodePorts } from './ports.js';
import type { NodeStorage } from './storage/storage.js';

/** The node that outputs leave from. */
export interface OutputSource {
  readonly node: NodeId;
  readonly ports: NodePorts;
  readonly storage: NodeStorage;
  readonly incarnation: number;
  readonly step: number;
  /** Goes up by one with each message and observation that leaves. */
  lamport: number;
}

/** What the turns of a node say to the outside: held until it may leave, then given its place and handed to a port. */
export class Outputs {
  private readonly gate: OutputGate;
  private sequence = 0;

  constructor(private readonly source: OutputSource) {
    this.gate = new OutputGate(
      () => source.storage.durableLsn,
      (output) => this.release(output),
    );
  }

  get heldCount(): number {
    return this.gate.heldCount;
  }

  /** Everything up to `lsn` is durable. */
  releaseUpTo(lsn: Lsn): void {
    this.gate.releaseUpTo(lsn);
  }

  clear(): void {
    this.gate.clear();
  }

  /** To an actor of another node. */
  send(
    from: ActorCell,
    traceparent: string,
    to: AnyAddress,
    toIncarnation: number,
    correlation: number,
    message: Message,
    beforeDurable: boolean,
  ): void {
    const { address, restsOnLsn: stamp } = from;
    const { step } = this.source;
    // Nothing has to be held: most messages.
    if (beforeDurable || this.gate.isOpenTo(stamp))
      return this.post(address, to, toIncarnation, step, traceparent, correlation, stamp, message);
    this.gate.hold({
      kind: 'send',
      from: address,
      to,
      toIncarnation,
      step,
      traceparent,
      correlation,
      stamp,
      message,
    });
  }

  observe(cell: ActorCell, observation: Observation): void {
    const { step } = this.source;
    this.gate.pass({ kind: 'observe', actor: cell.path, step, stamp: cell.restsOnLsn, observation });
  }

  /** At once, and without a place in the order of what leaves. */
  narrate(cell: ActorCell, narration: Observation): void {
    const { node, incarnation, step, lamport, ports } = this.source;
    const atUs = ports.clock.monotonicUs();
    ports.narrate?.({ node, incarnation, step, atUs, actor: cell.path, lamport, observation: narration });
  }

  /** Of the node itself, at once. */
  observeNode(observation: Observation): void {
    this.record('', this.source.step, observation);
  }

  startWork(cell: ActorCell, workId: number, workKind: string, input: Plain): void {
    this.gate.pass({ kind: 'work', workId, stamp: cell.restsOnLsn, workKind, input });
  }

  cancelWork(workId: number): void {
    if (!this.gate.dropWork(workId)) this.source.ports.work.cancel(workId);
  }

  private release(output: Output): void {
    switch (output.kind) {
      case 'send': {
        const { from, to, toIncarnation, step, traceparent, correlation, stamp, message } = output;
        return this.post(from, to, toIncarnation, step, traceparent, correlation, stamp, message);
      }
      case 'observe':
        return this.record(output.actor, output.step, output.observation);
      case 'work':
        return this.source.ports.work.start(output.workId, output.workKind, output.input);
    }
  }

  private post(
    from: AnyAddress,
    to: AnyAddress,
    toIncarnation: number,
    step: number,
    traceparent: string,
    correlation: number,
    stamp: Lsn,
    message: Message,
  ): void {
    const { source } = this;
    source.ports.network.send({
      from,
      to,
      incarnation: source.incarnation,
      toIncarnation,
      sequence: ++this.sequence,
      causeStep: step,
      lamport: ++source.lamport,
      traceparent,
      schemaVersion: SCHEMA_VERSION,
      correlation,
      stamp,
      message,
    });
  }

  private record(actor: string, step: number, observation: Observation): void {
    const { source } = this;
    const { node, incarnation, ports } = source;
    ports.observe({
      node,
      incarnation,
      step,
      atUs: ports.clock.monotonicUs(),
      actor,
      lamport: ++source.lamport,
      observation,
    });
  }
}

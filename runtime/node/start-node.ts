import { join } from 'node:path';
import { ActorNode } from '../actor-node.js';
import type { ActorSpec } from '../actor.js';
import type { NodeId } from '../address.js';
import { firstInFirstOut } from '../dispatcher.js';
import { SCHEMA_VERSION, type Envelope } from '../envelope.js';
import type { ObservedRecord } from '../observation.js';
import type { NodePorts, WorkPort, WorkResult } from '../ports.js';
import { writeAheadLog } from '../storage/index.js';
import type { RecoveredStorage, StorageFactory } from '../storage/storage.js';
import { createCalendar } from './calendar.js';
import { systemClock } from './clock.js';
import { lockDirectory } from './directory-lock.js';
import { checkOwner, recordOwner } from './directory-owner.js';
import { openDirectoryDisk, type DirectoryDisk } from './disk.js';
import { CURRENT_FILE } from './journal/journal-files.js';
import { ObservationJournal } from './journal/journal-writer.js';
import { isHostableNodeId, LocalClients, type Answered, type LocalClient } from './local-clients.js';
import { seededStreams } from './randomness.js';
import { NodeSetupError } from './setup-error.js';
import { SystemTimers } from './timers.js';
import type { TransportCounters, TransportEvent } from './transport/events.js';
import type { TransportLimits } from './transport/limits.js';
import type { Endpoint } from './transport/outgoing-link.js';
import type { TlsOptions } from './transport/security.js';
import { TcpTransport } from './transport/tcp-transport.js';

export interface NodeOptions {
  readonly node: NodeId;
  /** Nodes of different clusters do not speak with each other. */
  readonly cluster: string;
  readonly actors: readonly ActorSpec[];
  /** Port 0 takes a free one. */
  readonly listen: Endpoint;
  readonly peers: Readonly<Record<NodeId, Endpoint>>;
  /** Holds the write-ahead log, the journal of observations and a lock; made where it is missing. One node each. */
  readonly dataDirectory: string;
  readonly tls?: TlsOptions;
  readonly allowPlaintext?: boolean;
  readonly limits?: Partial<TransportLimits>;
  /** Where work that actors start is done. Without it, work ends with an error at once. */
  work?(host: WorkHost): WorkPort;
  /** Sees each observation once it is in the journal. */
  observed?(record: ObservedRecord): void;
  /** What the host noticed, for logs. */
  event?(event: NodeEvent): void;
  /** The node cannot go on (failed disk, damaged log, escalated failure). It has stopped sending; the process should end. */
  halted?(reason: string): void;
}

/** What the doer of work is given. */
export interface WorkHost {
  done(workId: number, result: WorkResult): void;
  /** Lamport clock of the node: what happens because of work that starts now comes after it. */
  lamport(): number;
}

export type NodeEvent =
  | TransportEvent
  | { readonly type: 'actor-failed'; readonly actor: string; readonly step: number; readonly error: unknown }
  | { readonly type: 'journal-repaired'; readonly tornBytes: number };

/** A node that runs in this process. */
export interface RunningNode {
  readonly node: NodeId;
  readonly incarnation: number;
  /** The port that it listens on. */
  readonly port: number;
  readonly transport: TransportCounters;
  isConnectedTo(peer: NodeId): boolean;
  /** A copy of the state of an actor, or undefined if there is none. */
  stateOf(actorPath: string): unknown;
  readonly deadLetters: number;
  /** Speaks with the actors of this node. */
  connect(answered: Answered): LocalClient;
  /** Stops the actors, lets out what they said last, closes files and connections. */
  stop(): Promise<void>;
}

/**
 * Starts a node on the real world: actors on real time, a disk and TCP. Resolves when its incarnation is durable and it
 * listens. Rejects, with everything let go again, where the directory is in use, the log is damaged, or the address is taken.
 */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  if (!isHostableNodeId(options.node)) {
    throw new NodeSetupError(
      `${JSON.stringify(options.node)} is not a node id: use up to 58 letters, digits, ".", "_" or "-"`,
    );
  }
  const host = new NodeHost(options);
  try {
    await host.open();
  } catch (error) {
    await host.stop();
    throw error;
  }
  return host;
}

const STOP_GRACE_MS = 2000;
const STOP_POLL_MS = 5;
const OPENING_POLL_MS = 2;

class NodeHost implements RunningNode {
  readonly node: NodeId;
  readonly #actorNode: ActorNode;
  readonly #timers: SystemTimers;
  readonly #journal: ObservationJournal;
  readonly #transport: TcpTransport;
  readonly #clients: LocalClients;
  readonly #disk: DirectoryDisk;
  readonly #unlock: () => void;
  #haltedBecause: string | undefined;
  #stopping: Promise<void> | undefined;

  constructor(private readonly options: NodeOptions) {
    this.node = options.node;
    const clock = systemClock();
    const random = seededStreams();
    const calendar = createCalendar();
    this.#transport = this.#makeTransport(random('transport'));
    this.#unlock = lockDirectory(options.dataDirectory);
    [this.#journal, this.#disk] = this.#openFiles(calendar.zoneDataVersion);
    this.#timers = new SystemTimers(clock, (token) => this.#actorNode.timerFired(token));
    this.#clients = new LocalClients(options.node, (envelope) => this.#actorNode.receive(envelope));
    const ports: NodePorts = {
      clock,
      timers: this.#timers,
      network: { send: (envelope) => this.#send(envelope) },
      disk: this.#disk,
      work: this.#makeWork(),
      calendar,
      random,
      observe: (record) => {
        this.#journal.record(record);
        options.observed?.(record);
      },
      diagnose: (failure) => options.event?.({ type: 'actor-failed', ...failure }),
      halted: (reason) => this.#halt(reason),
    };
    this.#actorNode = new ActorNode({
      node: options.node,
      actors: options.actors,
      ports,
      storage: this.#checked(writeAheadLog(this.#disk)),
      pick: firstInFirstOut,
      checkIncoming: true,
      stepsBefore: this.#journal.tail.step,
    });
    this.#actorNode.lamport = this.#journal.tail.lamport;
  }

  get incarnation(): number {
    return this.#actorNode.incarnation;
  }
  get port(): number {
    return this.#transport.port;
  }
  get transport(): TransportCounters {
    return this.#transport.counters;
  }
  get deadLetters(): number {
    return this.#actorNode.deadLetters;
  }

  async open(): Promise<void> {
    const { tornBytes } = this.#journal.tail;
    if (tornBytes > 0) this.options.event?.({ type: 'journal-repaired', tornBytes });
    this.#actorNode.start();
    while (this.#actorNode.status === 'opening') await sleep(OPENING_POLL_MS);
    this.#throwIfHalted();
    await this.#transport.open();
    this.#throwIfHalted();
  }

  isConnectedTo(peer: NodeId): boolean {
    return this.#transport.isConnectedTo(peer);
  }

  stateOf(actorPath: string): unknown {
    return structuredClone(this.#actorNode.stateOf(actorPath));
  }

  connect(answered: Answered): LocalClient {
    return this.#clients.connect(answered);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#actorNode.stop();
    this.#timers.cancelAll();
    const untilMs = performance.now() + STOP_GRACE_MS;
    while (this.#actorNode.heldOutputs > 0 && performance.now() < untilMs) await sleep(STOP_POLL_MS);
    // What the disk still has to say may let outputs out, which the journal and then the transport take.
    await this.#disk.close();
    this.#journal.close();
    await this.#transport.close();
    this.#unlock();
  }

  /**
   * Output commit, second half: the actor node has waited for its log; here what leaves waits for the journal of what was
   * observed before.
   */
  #send(envelope: Envelope): void {
    this.#journal.afterDurable(() => {
      if (!this.#clients.take(envelope)) this.#transport.send(envelope);
    });
  }

  #openFiles(zoneDataVersion: string): readonly [ObservationJournal, DirectoryDisk] {
    const { node, dataDirectory: directory } = this.options;
    const owner = { cluster: this.options.cluster, node };
    let journal: ObservationJournal | undefined;
    try {
      checkOwner(directory, owner);
      journal = new ObservationJournal({ directory, node, zoneDataVersion, failed: (reason) => this.#halt(reason) });
      this.#checkWriter(journal);
      recordOwner(directory, owner);
      return [journal, openDirectoryDisk(join(directory, 'log'))];
    } catch (error) {
      journal?.close();
      this.#unlock();
      throw error;
    }
  }

  /** For directories from before owners were recorded. */
  #checkWriter({ tail }: ObservationJournal): void {
    const { node, dataDirectory } = this.options;
    if (tail.node === undefined || tail.node === node) return;
    throw new NodeSetupError(
      `data directory ${dataDirectory} belongs to node ${tail.node}, which wrote ${CURRENT_FILE}, and this is node ${node}; give this node a data directory of its own`,
    );
  }

  /** A log that ends before what the journal tells of has been lost, or is a copy from earlier. */
  #checked(storage: StorageFactory): StorageFactory {
    return (events) => {
      const recovered = (found: RecoveredStorage): void => {
        const loss = this.#findLoss(found.incarnation);
        if (loss === undefined) events.recovered(found);
        else events.failed(loss);
      };
      return storage({ recovered, durable: (lsn) => events.durable(lsn), failed: (reason) => events.failed(reason) });
    };
  }

  /** The first observation of an incarnation leaves once its record in the log is durable. */
  #findLoss(incarnation: number): string | undefined {
    const { tail } = this.#journal;
    const observed = tail.incarnation > 0 || tail.tornBytes === 0 ? tail.incarnation : 1;
    if (incarnation >= observed) return undefined;
    const found = incarnation === 0 ? 'is missing or empty' : `ends with incarnation ${incarnation}`;
    return (
      `the write-ahead log (log/wal-*.log) ${found}, while ${CURRENT_FILE} tells of incarnation ${observed}: the node has lost what it had stored, ` +
      `and if it went on it would break what it had promised to others. Put back the newest "log" directory; where there is none, take this node out of the ` +
      `cluster and start another, with an id and a data directory of its own`
    );
  }

  #makeTransport(random: ReturnType<ReturnType<typeof seededStreams>>): TcpTransport {
    const { node, cluster, listen, peers, tls, allowPlaintext, limits } = this.options;
    return new TcpTransport({
      identity: {
        cluster,
        node,
        incarnation: () => this.#actorNode.incarnation,
        schemaVersion: SCHEMA_VERSION,
        acceptsSchema: { from: SCHEMA_VERSION, to: SCHEMA_VERSION },
      },
      listen,
      peers,
      ...(tls === undefined ? {} : { tls }),
      ...(allowPlaintext === undefined ? {} : { allowPlaintext }),
      ...(limits === undefined ? {} : { limits }),
      random,
      received: (envelope) => this.#actorNode.receive(envelope),
      event: (event) => this.options.event?.(event),
    });
  }

  #makeWork(): WorkPort {
    const done = (workId: number, result: WorkResult): void => this.#actorNode.workDone(workId, result);
    const work = this.options.work?.({ done, lamport: () => this.#actorNode.lamport }) ?? noWork(done);
    const cancelled = new Set<number>();
    return {
      start: (workId, kind, input) =>
        this.#journal.afterDurable(() => {
          if (!cancelled.delete(workId)) work.start(workId, kind, input);
        }),
      cancel: (workId) => {
        cancelled.add(workId);
        this.#journal.afterDurable(() => {
          if (cancelled.delete(workId)) work.cancel(workId);
        });
      },
    };
  }

  #halt(reason: string): void {
    if (this.#haltedBecause !== undefined) return;
    this.#haltedBecause = reason;
    this.#timers.cancelAll();
    void this.#transport.close(0);
    this.options.halted?.(reason);
  }

  #throwIfHalted(): void {
    if (this.#haltedBecause === undefined) return;
    throw new NodeSetupError(`data directory ${this.options.dataDirectory}: ${this.#haltedBecause}`);
  }
}

function noWork(done: (workId: number, result: WorkResult) => void): WorkPort {
  return {
    start: (workId, kind) =>
      void setImmediate(() =>
        done(workId, { ok: false, error: `this node runs no ${kind} work`, mayHaveHappened: false }),
      ),
    cancel: () => undefined,
  };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

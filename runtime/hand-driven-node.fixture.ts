import type { ActorSpec, Durable } from './actor.js';
import { ActorNode, type ActorNodeOptions } from './actor-node.js';
import { firstInFirstOut } from './dispatcher.js';
import type { Envelope } from './envelope.js';
import type { ObservedRecord } from './observation.js';
import type { NodePorts } from './ports.js';
import { randomStream } from './random.js';
import type { NodeStorage, StorageEvents, StorageWrite } from './storage/storage.js';

/** A storage in memory whose syncs end when the test says so. */
class HandSyncedStorage implements NodeStorage {
  durableLsn = 0;
  lastLsn = 0;
  readonly records: (readonly StorageWrite[])[] = [];
  private readonly lsns: number[] = [];
  constructor(
    private readonly events: StorageEvents,
    private readonly found: ReadonlyMap<string, Durable> = new Map(),
    private readonly lives = 0,
  ) {}
  open(): void {
    this.events.recovered({ actors: this.found, lastLsn: 0, incarnation: this.lives, tornBytes: 0 });
    this.sync();
  }
  append(writes: readonly StorageWrite[]): number {
    this.records.push(writes);
    this.lsns.push(++this.lastLsn);
    return this.lastLsn;
  }
  appendIncarnation(): number {
    return ++this.lastLsn;
  }
  imageOf(actorPath: string): Durable | undefined {
    const cells = new Map(this.found.get(actorPath)?.cells ?? []);
    for (const write of this.records.flat())
      if (write.kind === 'put' && write.actor === actorPath) cells.set(write.cell, write.value);
    return cells.size === 0 ? undefined : { cells, log: { firstIndex: 1, entries: [] }, snapshot: undefined };
  }
  sync(upToLsn = this.lastLsn): void {
    if (this.durableLsn >= upToLsn) return;
    this.durableLsn = upToLsn;
    this.events.durable(this.durableLsn);
  }
  writesAfter(lsn: number): readonly StorageWrite[] {
    return this.records.filter((_, n) => (this.lsns[n] ?? 0) > lsn).flat();
  }
  /** What would be found after a crash now, beside what was found at the start. */
  durableWrites(): readonly StorageWrite[] {
    return this.records.filter((_, n) => (this.lsns[n] ?? 0) <= this.durableLsn).flat();
  }
}

/** A node whose clock, timers, network and syncs move when a test says so. */
export class HandDrivenNode {
  readonly sent: Envelope[] = [];
  readonly observed: ObservedRecord[] = [];
  /** What its actors narrated, where it is followed. */
  readonly narrated: ObservedRecord[] = [];
  readonly timers = new Map<number, number>();
  readonly works: { workId: number; kind: string }[] = [];
  readonly cancelledWorks: number[] = [];
  halted = '';
  /** Fault points that fire when they are passed next. */
  readonly faultPoints = new Set<string>();
  nowUs = 0;
  storage!: HandSyncedStorage;
  readonly node: ActorNode;

  constructor(
    actors: readonly ActorSpec[],
    options: Partial<ActorNodeOptions> & {
      found?: ReadonlyMap<string, Durable>;
      lives?: number;
      isFollowed?: boolean;
    } = {},
  ) {
    const ports: NodePorts = {
      clock: { monotonicUs: () => this.nowUs, wallUs: () => this.nowUs },
      timers: {
        set: (token, delayUs) => void this.timers.set(token, this.nowUs + delayUs),
        cancel: (token) => void this.timers.delete(token),
      },
      network: { send: (envelope) => void this.sent.push(envelope) },
      disk: undefined as never,
      work: {
        start: (workId, kind) => void this.works.push({ workId, kind }),
        cancel: (workId) => void this.cancelledWorks.push(workId),
      },
      calendar: undefined as never,
      random: (name) => randomStream(name),
      observe: (record) => void this.observed.push(record),
      ...(options.isFollowed === true ? { narrate: (record) => void this.narrated.push(record) } : {}),
      halted: (reason) => void (this.halted = reason),
      faultPoint: (name) => this.faultPoints.delete(name),
    };
    const storage = (events: StorageEvents): NodeStorage =>
      (this.storage = new HandSyncedStorage(events, options.found, options.lives));
    this.node = new ActorNode({ node: 'n1', actors, ports, storage, pick: firstInFirstOut, ...options });
    this.node.start();
  }

  /** A message from another node. */
  tell(to: string, message: Envelope['message'], extra: Partial<Envelope> = {}): void {
    const base = { from: 'n2/peer', to, incarnation: 1, toIncarnation: 0, sequence: 1, causeStep: 1, lamport: 1 };
    this.node.receive({ ...base, traceparent: '', schemaVersion: 1, correlation: 0, stamp: 0, message, ...extra });
  }
  advance(us: number): void {
    this.nowUs += us;
    for (const [token, atUs] of [...this.timers].sort((a, b) => a[1] - b[1] || a[0] - b[0])) {
      if (atUs > this.nowUs || !this.timers.delete(token)) continue;
      this.node.timerFired(token);
    }
  }
  types(): string[] {
    return this.observed.map((record) => record.observation.type).filter((type) => type !== 'node-started');
  }
}

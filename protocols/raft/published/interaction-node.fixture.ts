import type { Durable } from '../../../runtime/actor.js';
import type { Plain } from '../../../runtime/data.js';
import type { Envelope } from '../../../runtime/envelope.js';
import { HandDrivenNode } from '../../../runtime/hand-driven-node.fixture.js';
import { configurationOf, type Configuration } from '../configuration/configuration.js';
import { entryAt, type LogEntry } from '../log/log.js';
import type { RaftMessage } from '../messages.js';
import type { RaftObservation } from '../observations.js';
import type { RaftParameters } from '../parameters.js';
import { raftMember } from '../raft.js';
import { makeSnapshot } from '../snapshots/snapshot.js';
import { noSessions } from '../sessions/sessions.js';
import type { RaftState } from '../state.js';

/** Keeps what it is given. */
const list = {
  init: (): { items: Plain[] } => ({ items: [] }),
  apply(state: { items: Plain[] }, command: Plain) {
    state.items.push(command);
    return { result: state.items.length };
  },
  query: (state: { items: Plain[] }) => state.items.length,
};

export const TICK_MS = 100;
/** Ticks of an election time-out. */
export const ELECTION_TICKS = 3;

export const nameOf = (id: string | number): string => `n${id}`;
export const idOf = (name: string): string => name.slice(1);

export interface NodeOptions {
  readonly founders: readonly string[];
  readonly learners: readonly string[];
  /** What comes before this entry, and it, is in a snapshot; 0: a node without any state. */
  readonly index: number;
  readonly parameters: Partial<RaftParameters>;
  /** What was written becomes durable when an append thread is told to work; otherwise whenever the node's output is handled. */
  readonly asyncWrites: boolean;
}

/** One member of a group that a published interaction drives. */
export class InteractionNode {
  readonly driven: HandDrivenNode;
  /** By index what was applied: `1/11 EntryNormal "x"`. */
  readonly applied = new Map<number, string>();
  /** Ends of the batches of writes that an append thread takes one at a time. */
  private readonly batches: number[] = [];
  private questions = 0;
  private toldCommit: number;

  constructor(
    readonly name: string,
    private readonly options: NodeOptions,
  ) {
    const { founders, parameters, index } = options;
    const spec = raftMember(list, {
      members: founders.map(nameOf),
      electionTimeoutMs: { min: ELECTION_TICKS * TICK_MS, max: ELECTION_TICKS * TICK_MS + 1 },
      heartbeatMs: TICK_MS,
      ...parameters,
    });
    const found = index === 0 ? {} : { found: new Map([['raft', durableAt(options)]]), lives: 1 };
    this.driven = new HandDrivenNode([spec], { node: name, ...found });
    this.toldCommit = index;
    // The name of the disk, which theirs have none of.
    this.driven.storage.sync();
  }

  get state(): RaftState {
    return this.driven.node.stateOf('raft') as RaftState;
  }

  /** As far as it was applied, which is when configurations take effect at etcd. */
  get appliedConfiguration(): Configuration {
    const { configurations, applied, configuration } = this.state;
    return configurations.findLast(({ index }) => index <= applied)?.configuration ?? configuration;
  }

  observed(): readonly RaftObservation[] {
    return this.driven.observed.map(({ observation }) => observation as unknown as RaftObservation);
  }

  receive(envelope: Envelope): void {
    this.driven.node.receive(envelope);
    this.noteApplied();
  }

  /** Asks as a client; `answerTo` has the answer when there is one. */
  ask(message: RaftMessage): number {
    this.driven.tell(`${this.name}/raft`, message, { from: 'c1/client', correlation: ++this.questions });
    this.noteApplied();
    return this.questions;
  }
  answerTo(question: number): RaftMessage | undefined {
    return this.driven.sent.find(({ to, correlation }) => to === 'c1/client' && correlation === -question)?.message as
      RaftMessage | undefined;
  }

  /** Its election is due now, whatever its clock says: so it has heard no leader for an election time-out. */
  campaign(): void {
    this.forgetLeader();
    this.state.electionDueMs = this.driven.nowUs / 1000;
    this.due('election-due');
  }
  /** As far as votes go: who has not heard a leader for an election time-out protects it no more. */
  forgetLeader(): void {
    this.state.leaderHeardMs = -Infinity;
  }
  tickHeartbeat(): void {
    if (this.state.role === 'leader') this.due('heartbeat-due');
    else this.advance(1);
  }
  advance(ticks: number): void {
    for (let tick = 0; tick < ticks; tick++) this.driven.advance(TICK_MS * 1000);
    this.noteApplied();
  }
  private due(type: 'election-due' | 'heartbeat-due'): void {
    const self = `${this.name}/raft`;
    this.driven.tell(self, { type }, { from: self });
    this.noteApplied();
  }

  /** What etcd calls handling a Ready: writes become durable, or are left to the append thread, and messages leave. */
  processReady(): readonly Envelope[] {
    if (this.options.asyncWrites) this.leaveToAppendThread();
    else this.sync();
    const { role, commit } = this.state;
    // etcd tells every new commit index at once by an empty append, these with the next append or heartbeat: so that is due now.
    if (role === 'leader' && commit > this.toldCommit) this.due('heartbeat-due');
    this.toldCommit = this.state.commit;
    return this.takeSent();
  }

  /** One batch of writes becomes durable, and what waited for that leaves; undefined where there is none. */
  processAppendThread(): readonly Envelope[] | undefined {
    const upTo = this.batches.shift();
    if (upTo === undefined) return undefined;
    this.driven.storage.sync(upTo);
    this.noteApplied();
    return this.takeSent();
  }

  /** etcd's candidates ask before their own vote is durable, these when it is: where only a term and a vote are written, it is at once. */
  private leaveToAppendThread(): void {
    const { storage } = this.driven;
    const since = this.batches.at(-1) ?? storage.durableLsn;
    if (storage.lastLsn === since) return;
    const isIdle = this.batches.length === 0;
    this.batches.push(storage.lastLsn);
    if (isIdle && storage.writesAfter(since).every(({ kind }) => kind === 'put')) this.sync();
  }

  isBusy(): boolean {
    const { storage, sent } = this.driven;
    const { role, commit } = this.state;
    const hasWrites = storage.lastLsn > (this.batches.at(-1) ?? storage.durableLsn);
    return hasWrites || sent.some(isToMember) || (role === 'leader' && commit > this.toldCommit);
  }

  /** The log on disk. */
  durableLog(): readonly string[] {
    let first = this.options.index + 1;
    const entries = new Map<number, LogEntry>();
    let last = this.options.index;
    for (const write of this.driven.storage.durableWrites()) {
      if (write.kind === 'append') entries.set((last = write.index), write.entry as unknown as LogEntry);
      else if (write.kind === 'truncate') last = write.fromIndex - 1;
      else if (write.kind === 'compact') [first, last] = [write.uptoIndex + 1, Math.max(last, write.uptoIndex)];
    }
    if (last < first) return [`log is empty: first index=${first}, last index=${last}`];
    return Array.from({ length: last - first + 1 }, (_, n) => textOf(first + n, entries.get(first + n)));
  }

  private sync(): void {
    this.driven.storage.sync();
    this.noteApplied();
  }

  private takeSent(): readonly Envelope[] {
    const { sent } = this.driven;
    const leaving = sent.filter(isToMember);
    const staying = sent.filter((envelope) => !isToMember(envelope));
    sent.splice(0, sent.length, ...staying);
    return leaving;
  }

  private noteApplied(): void {
    if (this.driven.halted !== '') throw new Error(`${this.name} halted: ${this.driven.halted}`);
    const { log, applied } = this.state;
    for (let index = Math.max(log.firstIndex, 1); index <= applied; index++) {
      if (!this.applied.has(index)) this.applied.set(index, textOf(index, entryAt(log, index)));
    }
  }
}

const isToMember = ({ to }: Envelope): boolean => to !== 'c1/client';

/** As etcd writes an entry; what a change of the configuration changes is left out, since entries here hold what comes of it. */
function textOf(index: number, entry: LogEntry | undefined): string {
  if (entry === undefined) return `?/${index}`;
  const { term, command, configuration } = entry;
  if (configuration !== undefined) return `${term}/${index} EntryConfChange`;
  return `${term}/${index} EntryNormal ${JSON.stringify(command ?? '')}`;
}

function durableAt({ founders, learners, index }: NodeOptions): Durable {
  const configuration = { ...configurationOf(founders.map(nameOf)), learners: learners.map(nameOf) };
  const replica = { machine: list.init(), requests: new Map(), sessions: noSessions(), stateHash: 0 };
  // The term of what came before is 0 here and 1 at etcd, whose members keep it in spite of a lower one of their own.
  const head = { index, term: 0, prefixHash: 0, configurationIndex: 0, configuration };
  const snapshot = makeSnapshot(list, replica, head);
  return {
    cells: new Map([['hard-state', { term: 0, votedFor: '' }]]),
    log: { firstIndex: index + 1, entries: [] },
    snapshot: { ...snapshot, baseIndex: index, baseTerm: 0, baseHash: 0 } as unknown as Plain,
  };
}

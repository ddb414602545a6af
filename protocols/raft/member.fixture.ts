import { HandDrivenNode } from '../../runtime/hand-driven-node.fixture.js';
import type { Durable } from '../../runtime/actor.js';
import type { Plain } from '../../runtime/data.js';
import type { Configuration } from './configuration/configuration.js';
import type { RaftAnswer, RaftMessage, RaftMessageOf } from './messages.js';
import type { LogEntry } from './log/log.js';
import type { RaftStep } from './narration/steps.js';
import type { RaftObservation } from './observations.js';
import type { RaftParameters } from './parameters.js';
import { raftMember } from './raft.js';
import type { RaftState } from './state.js';

interface Tally {
  total: number;
}

/** Adds numbers up; answers the sum. */
const tally = {
  init: (): Tally => ({ total: 0 }),
  apply(state: Tally, command: Plain) {
    state.total += Number(command);
    return { result: state.total };
  },
  query: (state: Tally) => state.total,
};

interface Found {
  readonly term: number;
  readonly votedFor: string;
  readonly terms: readonly number[];
  /** By index: the entry changes the configuration to this. */
  readonly configurations?: { readonly [index: number]: Configuration };
}

/** Entries with these terms, for tests that care for nothing else. */
export function entriesOf(terms: readonly number[]): LogEntry[] {
  return terms.map((term, i) => ({ term, requestId: `r${term}-${i}`, command: i }));
}

/** As in the paper, without what the thesis adds to elections. */
const PAPER_ONLY = Object.freeze({ preVote: false, leaderStickiness: false });

/** Member `n1` of a cluster whose other members are played by the test. Its syncs end when the test says so. */
export class MemberUnderTest {
  readonly driven: HandDrivenNode;
  /** Rounds of heartbeats that were told to this member, or that it was told of. */
  private rounds = 0;

  constructor(
    members: readonly string[] = ['n1', 'n2', 'n3'],
    found?: Found,
    options: Partial<RaftParameters> = {},
    isFollowed = false,
  ) {
    const spec = raftMember(tally, {
      members,
      electionTimeoutMs: { min: 100, max: 200 },
      heartbeatMs: 20,
      ...PAPER_ONLY,
      ...options,
    });
    this.driven = new HandDrivenNode(
      [spec],
      found === undefined ? { isFollowed } : { isFollowed, found: new Map([['raft', durableOf(found)]]), lives: 1 },
    );
    this.sync();
    if (found === undefined) this.becomeKnown(members);
  }

  /** All others know its disk. */
  private becomeKnown(members: readonly string[]): void {
    const { disk } = this.state.identity;
    for (const member of members) if (member !== 'n1') this.from(member, { type: 'introduced', disk });
    this.sync();
    this.driven.sent.length = 0;
  }

  get state(): RaftState {
    return this.driven.node.stateOf('raft') as RaftState;
  }
  get terms(): number[] {
    return this.state.log.entries.map(({ term }) => term);
  }

  from(member: string, message: RaftMessage): void {
    this.driven.tell('n1/raft', message, { from: `${member}/raft` });
  }

  /** A question of a client; its answer is found by `answerTo`. */
  ask(questionId: number, message: RaftMessage): void {
    this.driven.tell('n1/raft', message, { from: 'c1/client', correlation: questionId });
  }
  answerTo(questionId: number): RaftAnswer | undefined {
    return this.driven.sent.find(({ to, correlation }) => to === 'c1/client' && correlation === -questionId)
      ?.message as RaftAnswer | undefined;
  }

  sync(): void {
    this.driven.storage.sync();
  }
  advance(ms: number): void {
    this.driven.advance(ms * 1000);
  }

  /** What was sent since this was last asked, to a member, of a type. */
  taken<T extends RaftMessage['type']>(member: string, type: T): RaftMessageOf<T>[] {
    const { sent } = this.driven;
    const found = sent.filter((envelope) => envelope.to === `${member}/raft` && envelope.message.type === type);
    for (const envelope of found) sent.splice(sent.indexOf(envelope), 1);
    return found.map(({ message }) => message as RaftMessageOf<T>);
  }
  last<T extends RaftMessage['type']>(member: string, type: T): RaftMessageOf<T> {
    const message = this.taken(member, type).at(-1);
    if (message === undefined) throw new Error(`nothing of type ${type} was sent to ${member}`);
    return message;
  }
  observed<T extends RaftObservation['type']>(type: T): Extract<RaftObservation, { type: T }>[] {
    return this.driven.observed
      .map(({ observation }) => observation as unknown as RaftObservation)
      .filter((observation): observation is Extract<RaftObservation, { type: T }> => observation.type === type);
  }

  /** The steps that it narrated since this was last asked; none where it is not followed. */
  narrated(): RaftStep[] {
    return this.driven.narrated.splice(0).map(({ observation }) => observation as unknown as RaftStep);
  }

  /** Stands for election, and wins it with the votes of `voters`. */
  lead(voters: readonly string[] = ['n2']): this {
    this.advance(200);
    this.sync();
    for (const voter of voters) this.from(voter, { type: 'vote', term: this.state.term, granted: true });
    this.sync();
    return this;
  }

  /** A leader's append of this member's term or later, in a round of its own unless it is said in which. Its answer waits for the next sync. */
  append(
    leader: string,
    term: number,
    prev: readonly [number, number],
    terms: readonly number[],
    commit = 0,
    round: number = this.rounds++,
  ): void {
    const [prevIndex, prevTerm] = prev;
    this.from(leader, {
      type: 'append-entries',
      term,
      prevIndex,
      prevTerm,
      entries: entriesOf(terms),
      commit,
      round,
    });
  }

  /** An answer to a round of its own, unless it is said to which. */
  accept(follower: string, index: number, round: number = this.rounds++): void {
    this.from(follower, { type: 'append-accepted', term: this.state.term, index, round });
  }
}

function durableOf({ term, votedFor, terms, configurations = {} }: Found): Durable {
  return {
    cells: new Map([['hard-state', { term, votedFor }]]),
    log: {
      firstIndex: 1,
      entries: entriesOf(terms).map((entry, i) => withConfiguration(entry, configurations[i + 1])),
    },
    snapshot: undefined,
  };
}

function withConfiguration(entry: LogEntry, configuration: Configuration | undefined): Plain {
  return configuration === undefined ? { ...entry } : { ...entry, command: null, configuration };
}

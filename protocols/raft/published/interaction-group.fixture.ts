import type { Envelope } from '../../../runtime/envelope.js';
import type { ConfigurationChange } from '../configuration/changer.js';
import type { RaftMessageOf } from '../messages.js';
import type { RaftParameters } from '../parameters.js';
import { ELECTION_TICKS, InteractionNode, nameOf, TICK_MS } from './interaction-node.fixture.js';
import type { Interaction } from './interaction.fixture.js';

const ROUNDS_MAX = 100;
const KINDS = Object.freeze({ v: 'add-voter', l: 'add-learner', r: 'remove' } as const);
const TRANSITIONS = Object.freeze({ auto: 'auto', implicit: 'joint-auto', explicit: 'joint' } as const);

/** `deliver-msgs 1 drop=(3,4) type=MsgApp` as words and named values; parentheses hold lists. */
function parsed(cmd: string): {
  verb: string;
  words: readonly string[];
  named: ReadonlyMap<string, readonly string[]>;
} {
  const [verb = '', ...rest] = cmd.match(/"[^"]*"|[^\s"=]+=\([^)]*\)|\S+/g) ?? [];
  const named = new Map<string, readonly string[]>();
  const words: string[] = [];
  for (const part of rest) {
    const [, name = '', list = ''] = /^([\w-]+)=(.*)$/.exec(part) ?? [];
    if (name === '') words.push(part);
    else
      named.set(
        name,
        list
          .replace(/[()]/g, '')
          .split(',')
          .filter((item) => item !== ''),
      );
  }
  return { verb, words, named };
}

/** A group of members, and the messages on their way, driven by the commands of one published file. */
export class InteractionGroup {
  readonly nodes = new Map<string, InteractionNode>();
  /** Commands that this implementation has nothing for. */
  readonly notCarriedOut: string[] = [];
  private readonly network: Envelope[] = [];
  private founders: readonly string[] = [];
  private parameters: Partial<RaftParameters> = {};
  private requests = 0;

  /** @param interactions all that will be run: up to where the log is to be compacted is a parameter here. */
  constructor(private readonly interactions: readonly Interaction[]) {}

  /** Carries out a command, and answers what it says of it: `ok`, or that it was refused. */
  run({ cmd, input }: Interaction): 'ok' | 'refused' {
    const { verb, words, named } = parsed(cmd);
    const [first = ''] = words;
    switch (verb) {
      case 'add-nodes':
        this.addNodes(Number(first), named);
        return 'ok';
      case 'propose':
        return this.propose(first, words[1] ?? '');
      case 'propose-conf-change':
        return this.change(first, named, input);
      case 'stabilize':
        this.stabilize(words);
        return 'ok';
      case 'deliver-msgs':
        this.deliver(words, named.get('drop') ?? [], named.get('type')?.[0]);
        return 'ok';
      case 'transfer-leadership':
        this.nodes.get(named.get('from')?.[0] ?? '')?.ask({
          type: 'transfer-leadership',
          to: nameOf(named.get('to')?.[0] ?? ''),
        });
        return 'ok';
      default:
        this.each(verb, words, named, cmd);
        return 'ok';
    }
  }

  private each(verb: string, ids: readonly string[], named: ReadonlyMap<string, readonly string[]>, cmd: string): void {
    for (const id of ids) {
      const node = this.nodes.get(id);
      if (node === undefined) continue;
      switch (verb) {
        case 'campaign':
          node.campaign();
          break;
        case 'tick-election':
          node.advance(ELECTION_TICKS);
          break;
        case 'tick-heartbeat':
          node.tickHeartbeat();
          break;
        case 'process-ready':
          this.network.push(...node.processReady());
          break;
        case 'process-append-thread':
          this.network.push(...(node.processAppendThread() ?? []));
          break;
        case 'set-randomized-election-timeout':
          node.state.electionDueMs = node.driven.nowUs / 1000 + Number(named.get('timeout')?.[0]) * TICK_MS;
          break;
        case 'forget-leader':
          node.forgetLeader();
          break;
        case 'report-unreachable':
        case 'send-snapshot':
          this.notCarriedOut.push(cmd);
          return;
        // Applying follows commitment at once here; the rest only shows what is.
        case 'process-apply-thread':
        case 'status':
        case 'raft-log':
        case 'raft-state':
        case 'log-level':
        // The members do that by themselves, when they have applied as much.
        case 'compact':
          break;
        default:
          throw new Error(`no command ${cmd} is known`);
      }
    }
  }

  private addNodes(count: number, named: ReadonlyMap<string, readonly string[]>): void {
    const has = (option: string): boolean => named.get(option)?.[0] === 'true';
    const voters = named.get('voters') ?? [];
    if (voters.length > 0) {
      this.founders = voters;
      const inflight = Number(named.get('inflight')?.[0] ?? 256);
      this.parameters = {
        preVote: has('prevote'),
        leaderStickiness: has('checkquorum'),
        maxAppendsInFlight: inflight,
        leaseReads: named.get('read-only')?.[0] === 'lease-based' ? { maxDriftPpm: 0 } : null,
        keepEntries: 0,
        ...this.compaction(Number(named.get('index')?.[0] ?? 0)),
      };
    }
    for (let n = 0; n < count; n++) {
      const id = String(this.nodes.size + 1);
      const node = new InteractionNode(nameOf(id), {
        founders: this.founders,
        learners: named.get('learners') ?? [],
        index: Number(named.get('index')?.[0] ?? 0),
        parameters: this.parameters,
        asyncWrites: has('async-storage-writes'),
      });
      // Reads by lease make a new life wait as if it had heard a leader; that time is over.
      if (voters.length > 0) node.forgetLeader();
      this.nodes.set(id, node);
    }
  }

  private compaction(index: number): Partial<RaftParameters> {
    const compact = this.interactions.find(({ cmd }) => cmd.startsWith('compact '));
    return compact === undefined ? {} : { compactAfterEntries: Number(compact.cmd.split(' ')[2]) - index };
  }

  private propose(id: string, data: string): 'ok' | 'refused' {
    return this.asked(id, { type: 'propose', requestId: `p${++this.requests}`, command: data });
  }

  private asked(id: string, question: RaftMessageOf<'propose' | 'change-configuration'>): 'ok' | 'refused' {
    const node = this.nodes.get(id);
    if (node === undefined) throw new Error(`there is no node ${id}`);
    const answer = node.answerTo(node.ask(question));
    return answer?.type === 'propose-failed' ? 'refused' : 'ok';
  }

  private change(
    id: string,
    named: ReadonlyMap<string, readonly string[]>,
    input: readonly string[],
  ): 'ok' | 'refused' {
    const changes = input
      .flatMap((line) => line.split(' '))
      .filter((step) => step !== '')
      .map((step): ConfigurationChange => {
        const kind = KINDS[step.charAt(0) as keyof typeof KINDS];
        return { change: kind, node: nameOf(step.slice(1)) };
      });
    const transition = TRANSITIONS[(named.get('transition')?.[0] ?? 'auto') as keyof typeof TRANSITIONS];
    const question = {
      type: 'change-configuration',
      requestId: `p${++this.requests}`,
      changes,
      transition: changes.length === 0 ? 'leave' : transition,
    } as const;
    const node = this.nodes.get(id);
    const { term = 0, commit = 0, log } = node?.state ?? {};
    const last = log?.entries.at(-1);
    // The rule of 2015: a leader changes nothing before an entry of its own term is committed. etcd only asks that what may be a change is applied.
    if (node?.state.role === 'leader' && last?.term === term && log !== undefined && commit < log.firstIndex) {
      this.network.push(...node.processReady());
    }
    const outcome = this.asked(id, question);
    // In the place of what it refuses etcd puts an empty entry; so that indexes go on alike, one is proposed.
    if (outcome === 'refused') this.propose(id, '');
    return outcome;
  }

  private stabilize(ids: readonly string[]): void {
    const chosen = ids.length === 0 ? [...this.nodes.keys()] : ids;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      let isQuiet = true;
      for (const id of chosen) {
        const node = this.nodes.get(id);
        if (node?.isBusy() !== true) continue;
        isQuiet = false;
        this.network.push(...node.processReady());
      }
      if (this.deliver(chosen, [], undefined) > 0) isQuiet = false;
      for (const id of chosen) {
        for (let sent; (sent = this.nodes.get(id)?.processAppendThread()) !== undefined; isQuiet = false) {
          this.network.push(...sent);
        }
      }
      if (isQuiet) return;
    }
    throw new Error(`not quiet after ${ROUNDS_MAX} rounds`);
  }

  /** Delivers what is on its way to these nodes, in the order in which it was sent, and drops what is on its way to those. */
  private deliver(ids: readonly string[], drop: readonly string[], type: string | undefined): number {
    const waiting = this.network.splice(0);
    let delivered = 0;
    for (const envelope of waiting) {
      const id = envelope.to.slice(1, envelope.to.indexOf('/'));
      if (drop.includes(id)) continue;
      const isWanted = ids.includes(id) && (type === undefined || envelope.message.type === 'append-entries');
      const node = this.nodes.get(id);
      if (!isWanted) this.network.push(envelope);
      else if (node !== undefined) {
        node.receive(envelope);
        delivered++;
      }
    }
    return delivered;
  }
}

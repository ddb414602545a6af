import { nodeOf } from '../../../runtime/address.js';
import type { ReplyTo } from '../../../runtime/context.js';
import type { Compare, KeyValue, WatchEvent } from '../../coordinator/index.js';
import { answerClient, propose } from './asking.js';
import type { Client, CoordinatorMessageOf, CoordinatorTurn, Election } from './state.js';
import { ELECTION_PREFIX, type Outcome } from './replicated-store.js';

/** Elections of one member, at most. */
const ELECTIONS_MAX = 1000;

/**
 * Leader election on top of raft's own: the candidate beside raft's leader writes `election/<name>`, and the revision of that write is
 * its fencing token. Revisions only grow, so tokens do; and a transaction guarded by "the key still has that revision" fails once
 * anybody else has been elected. So safety rests on the log alone. Who thinks that it leads may be late to learn better, and is
 * told `deposed` when raft steps down here or the key moves on.
 *
 * A candidate stands until it resigns or its actor ends; deposed, it may be elected again.
 */
export function onCampaign(turn: CoordinatorTurn, message: CoordinatorMessageOf<'campaign'>): void {
  const { context, state } = turn;
  if (nodeOf(context.sender) !== context.node) {
    const detail = 'a candidate asks the coordinator of its own node';
    return context.reply({ type: 'failed', requestId: '', error: 'invalid', detail });
  }
  const known = state.elections.get(message.election);
  if (known === undefined && state.elections.size >= ELECTIONS_MAX) {
    const detail = `more than ${ELECTIONS_MAX} elections on this member`;
    return context.reply({ type: 'failed', requestId: '', error: 'invalid', detail });
  }
  const election = known ?? electionOf(turn, message.election);
  const client: Client = context.sender;
  const standing = election.candidates.findIndex((candidate) => candidate.client === client);
  if (standing >= 0) election.candidates.splice(standing, 1);
  else context.watch(client);
  election.candidates.push({ client, candidate: message.candidate });
  if (election.held?.client === client) return tellElected(turn, message.election, election);
  advanceElection(turn, message.election);
}

function electionOf({ state }: CoordinatorTurn, name: string): Election {
  let election = state.elections.get(name);
  if (election === undefined) {
    election = { candidates: [], held: undefined, isProposing: false, modRevision: 0, holder: '' };
    state.elections.set(name, election);
  }
  return election;
}

/** Gives up an election: deletes the key, but only the one that was won with this token. */
export function onResign(turn: CoordinatorTurn, message: CoordinatorMessageOf<'resign'>): void {
  const { context, state } = turn;
  const { election: name, token } = message;
  const replyTo = context.replyTo();
  const election = state.elections.get(name);
  withdraw(turn, name, context.sender);
  if (election !== undefined && election.held?.token === token) election.held = undefined;
  propose(
    turn,
    context.uniqueId(),
    {
      kind: 'txn',
      requestId: '',
      compare: [guardOf(name, token)],
      then: [{ kind: 'delete', key: ELECTION_PREFIX + name }],
      else: [],
    },
    { for: 'resign', election: name, replyTo },
  );
}

export function afterResign(turn: CoordinatorTurn, name: string, replyTo: ReplyTo): void {
  answerClient(turn, replyTo, { type: 'resigned', election: name });
  advanceElection(turn, name);
}

/** The client has ended: it stands no more. The key stays until somebody else is elected. */
export function withdrawEverywhere(turn: CoordinatorTurn, client: string): void {
  for (const [name, election] of turn.state.elections) {
    withdraw(turn, name, client);
    if (election.held?.client === client) election.held = undefined;
    advanceElection(turn, name);
  }
}

function withdraw({ state }: CoordinatorTurn, name: string, client: string): void {
  const candidates = state.elections.get(name)?.candidates ?? [];
  const standing = candidates.findIndex((candidate) => candidate.client === client);
  if (standing >= 0) candidates.splice(standing, 1);
}

/** Raft's role, the known leader or the view of the members has changed. */
export function advanceElections(turn: CoordinatorTurn): void {
  for (const [name, election] of turn.state.elections) {
    if (election.held?.byLeadership === true && turn.state.role !== 'leader') depose(turn, name, election);
    advanceElection(turn, name);
  }
}

/** A change of an election's key was applied here. */
export function noteElections(turn: CoordinatorTurn, events: readonly WatchEvent[]): void {
  for (const { kind, entry } of events) {
    if (!entry.key.startsWith(ELECTION_PREFIX)) continue;
    const name = entry.key.slice(ELECTION_PREFIX.length);
    if (kind === 'delete' && !turn.state.elections.has(name)) continue;
    const election = electionOf(turn, name);
    election.modRevision = kind === 'delete' ? 0 : entry.modRevision;
    election.holder = kind === 'delete' ? '' : (entry.value as unknown as { readonly node: string }).node;
    if (election.held !== undefined && election.held.token < entry.modRevision) depose(turn, name, election);
    advanceElection(turn, name);
  }
}

/** The keys of all elections, after a snapshot: those that are not among them are gone. */
export function restoreElections(turn: CoordinatorTurn, entries: readonly KeyValue[]): void {
  const present = new Set(entries.map(({ key }) => key.slice(ELECTION_PREFIX.length)));
  noteElections(
    turn,
    entries.map((entry) => ({ kind: 'put', entry, previous: null })),
  );
  for (const [name, election] of turn.state.elections) {
    if (present.has(name)) continue;
    election.modRevision = 0;
    election.holder = '';
    depose(turn, name, election);
    advanceElection(turn, name);
  }
}

function depose({ context }: CoordinatorTurn, name: string, election: Election): void {
  if (election.held === undefined) return;
  const { client, token } = election.held;
  election.held = undefined;
  context.send(client, { type: 'deposed', election: name, token });
}

/** Has our first candidate elected if it is our turn: at once beside the leader, elsewhere when nobody else does it. */
function advanceElection(turn: CoordinatorTurn, name: string): void {
  const { context, state } = turn;
  const election = state.elections.get(name);
  if (election === undefined || election.held !== undefined || election.isProposing) return;
  if (election.candidates.length === 0) return context.cancelTimer(takeoverTimer(name));
  if (state.role === 'leader') return elect(turn, name, election);
  if (!isAbandoned(turn, election)) return context.cancelTimer(takeoverTimer(name));
  if (context.hasTimer(takeoverTimer(name))) return;
  context.setTimer(takeoverTimer(name), state.takeoverMs, { type: 'takeover-due', election: name });
}

/** Nobody holds it, or its holder is an earlier life of ours, or a member that the leader does not hear. */
function isAbandoned({ context, state }: CoordinatorTurn, election: Election): boolean {
  if (election.modRevision === 0 || election.holder === context.node) return true;
  return state.alive.length > 0 && !state.alive.includes(election.holder);
}

/** A candidate elsewhere would have taken it long since, were there one beside the leader. */
export function onTakeoverDue(turn: CoordinatorTurn, message: CoordinatorMessageOf<'takeover-due'>): void {
  const { context, state } = turn;
  const election = state.elections.get(message.election);
  if (context.sender !== context.self || election === undefined) return;
  if (election.held !== undefined || election.isProposing || election.candidates.length === 0) return;
  if (state.leader !== '' && isAbandoned(turn, election)) return elect(turn, message.election, election);
  advanceElection(turn, message.election);
}

function elect(turn: CoordinatorTurn, name: string, election: Election): void {
  const { context } = turn;
  const first = election.candidates[0];
  if (first === undefined) return;
  election.isProposing = true;
  const { client, candidate } = first;
  propose(
    turn,
    context.uniqueId(),
    {
      kind: 'txn',
      requestId: '',
      compare: [guardOf(name, election.modRevision)],
      then: [{ kind: 'put', key: ELECTION_PREFIX + name, value: { candidate, node: context.node }, leaseId: '' }],
      else: [],
    },
    { for: 'campaign', election: name, client },
  );
}

/** The transaction of `elect` is done. It lost where the key had moved on, or has since; then it is tried again. */
export function afterElect(turn: CoordinatorTurn, name: string, client: string, outcome: Outcome): void {
  const { state } = turn;
  const election = electionOf(turn, name);
  election.isProposing = false;
  const isWon = outcome.kind === 'txn-done' && outcome.succeeded && election.modRevision <= outcome.revision;
  const stillStands = election.candidates.some((candidate) => candidate.client === client);
  if (isWon && stillStands) {
    election.held = { token: outcome.revision, client, byLeadership: state.role === 'leader' };
    return tellElected(turn, name, election);
  }
  advanceElection(turn, name);
}

/** The transaction of `elect` failed, or its fate is not known: its write counts for nobody, since nobody was given its token. */
export function retryElect(turn: CoordinatorTurn, name: string): void {
  const { context, state } = turn;
  const election = electionOf(turn, name);
  election.isProposing = false;
  // Not at once: a failure of this turn would be one of the next.
  context.setTimer(takeoverTimer(name), state.takeoverMs, { type: 'takeover-due', election: name });
}

function tellElected({ context }: CoordinatorTurn, name: string, election: Election): void {
  if (election.held === undefined) return;
  const { client, token } = election.held;
  context.send(client, { type: 'elected', election: name, token, guard: guardOf(name, token) });
}

/** Holds as long as the election's key has that revision; 0: as long as there is no such key. */
function guardOf(name: string, revision: number): Compare {
  return { key: ELECTION_PREFIX + name, target: 'mod', operator: '=', operand: revision };
}

function takeoverTimer(name: string): string {
  return `takeover/${name}`;
}

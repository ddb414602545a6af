import { assert } from '../../../runtime/assert.js';
import type { NodeId } from '../../../runtime/address.js';
import type { Compare } from '../../coordinator/index.js';
import { observe } from '../observations.js';
import { compareNames } from '../peers.js';
import { beginBatch, liveAt, liveWithPrefix, type Batch, type Change } from '../registers/replica.js';
import { commit, remove, write } from './applying.js';
import {
  CANDIDACIES,
  candidacyOfKey,
  ELECTIONS,
  keyOfCandidacy,
  keyOfElection,
  readCandidacy,
  readOffice,
  type Office,
} from './keys.js';
import type { Received } from './messages.js';
import { attend, isThere, reply, tell, type CoordinatorContext, type CoordinatorState, type Stand } from './state.js';

/**
 * Elections without a quorum. Who stands is a register; who holds the office is another, with a token one higher than the last seen. The office is
 * vacant while its holder is dead in the local view, or does not stand in the life in which it won, or has given it back; then the lowest-ranked
 * candidate that is there takes it after a delay. In a partition each side may so have a holder. When they meet, the register with the higher
 * version stays and the other holder is deposed. A holder stays when a lower-ranked candidate comes back, so that a healed
 * partition costs one change and not two.
 */
function timerOf(election: string): string {
  return `election/${election}`;
}

function officeOf(state: CoordinatorState, election: string): Office | undefined {
  return readOffice(liveAt(state.replica, keyOfElection(election))?.register.value);
}

function nextToken(state: CoordinatorState, election: string): number {
  return (officeOf(state, election)?.token ?? 0) + 1;
}

/** Who stands for an election, by node, with the life in which it does. */
function candidaciesOf(state: CoordinatorState, election: string): Map<NodeId, number> {
  const candidacies = new Map<NodeId, number>();
  for (const { register } of liveWithPrefix(state.replica, `${CANDIDACIES}${election}/`)) {
    const named = candidacyOfKey(register.key);
    const candidacy = readCandidacy(register.value);
    if (named?.election === election && candidacy !== undefined) candidacies.set(named.node, candidacy.incarnation);
  }
  return candidacies;
}

export function onCampaign(
  context: CoordinatorContext,
  state: CoordinatorState,
  campaign: Received<'campaign'>,
): Change[] {
  const { election, candidate } = campaign;
  const nameMax = state.options.keyLengthMax - 100;
  if (election === '' || election.length > nameMax || candidate.length > state.options.keyLengthMax) {
    const detail = `election: its name must have 1 to ${nameMax} characters, the candidate's at most ${state.options.keyLengthMax}`;
    reply(context, { type: 'failed', requestId: election, error: 'invalid', detail });
    return [];
  }
  const former = state.stands.get(election);
  if (former?.client === context.sender && former.candidate === candidate) {
    if (former.token > 0) tellElected(context, state, election, former);
    return [];
  }
  const batch = beginBatch(state.replica, context.wallMs());
  if (former !== undefined && former.token > 0) {
    vacate(context, state, batch, election);
    depose(context, election, former);
  }
  state.stands.set(election, { candidate, client: context.sender, token: 0 });
  attend(context, state, context.sender);
  const value = { candidate, incarnation: context.incarnation };
  write(context, state, batch, { key: keyOfCandidacy(election, state.node), value });
  return commit(context, state, batch);
}

/** Gives the office up, or withdraws the candidacy (token 0). A token that is no longer held withdraws nothing. */
export function onResign(
  context: CoordinatorContext,
  state: CoordinatorState,
  { election, token }: Received<'resign'>,
): Change[] {
  const stand = state.stands.get(election);
  const changes = stand?.token === token ? withdraw(context, state, election, stand) : [];
  reply(context, { type: 'resigned', election });
  return changes;
}

/** The candidate's actor has ended. */
export function withdrawClient(context: CoordinatorContext, state: CoordinatorState, client: string): Change[] {
  return [...state.stands]
    .filter(([, stand]) => stand.client === client)
    .flatMap(([election, stand]) => withdraw(context, state, election, stand));
}

function withdraw(context: CoordinatorContext, state: CoordinatorState, election: string, stand: Stand): Change[] {
  state.stands.delete(election);
  context.cancelTimer(timerOf(election));
  const batch = beginBatch(state.replica, context.wallMs());
  if (stand.token > 0) {
    observeOffice(context, 'deposed', election, stand);
    vacate(context, state, batch, election);
  }
  remove(context, state, batch, keyOfCandidacy(election, state.node));
  return commit(context, state, batch);
}

/**
 * Says in the office's own register that nobody holds it. That the candidacy ended does not say so: who gives an office back often stands anew at
 * once, and of a register that changed twice others may see the last version only; then they believed it held for ever. The token
 * goes up with the version, as it does when the office is taken, so that no merge can take it back.
 */
function vacate(context: CoordinatorContext, state: CoordinatorState, batch: Batch, election: string): void {
  const token = nextToken(state, election);
  const nobody: Office = { token, node: '', incarnation: 0, candidate: '' };
  write(context, state, batch, { key: keyOfElection(election), value: nobody });
}

/** Candidacies of this node's earlier lives end with them. */
export function endFormerCandidacies(context: CoordinatorContext, state: CoordinatorState): Change[] {
  const batch = beginBatch(state.replica, context.wallMs());
  for (const { register } of liveWithPrefix(state.replica, CANDIDACIES)) {
    if (candidacyOfKey(register.key)?.node === state.node) remove(context, state, batch, register.key);
  }
  return commit(context, state, batch);
}

/**
 * Who was out of reach for longer than tombstones last may bring back a candidacy of this node that it has given up, or one of an earlier life. Only its own
 * node can tell, and until it does, everybody waits for it to take the office.
 */
export function disownCandidacies(
  context: CoordinatorContext,
  state: CoordinatorState,
  changes: readonly Change[],
): Change[] {
  const batch = beginBatch(state.replica, context.wallMs());
  for (const { after } of changes) {
    const { key, deleted, value } = after.register;
    const named = deleted ? undefined : candidacyOfKey(key);
    if (named?.node !== state.node) continue;
    const stand = state.stands.get(named.election);
    if (stand === undefined) remove(context, state, batch, key);
    else if (readCandidacy(value)?.incarnation !== context.incarnation)
      write(context, state, batch, { key, value: { candidate: stand.candidate, incarnation: context.incarnation } });
  }
  return commit(context, state, batch);
}

/** Something that elections rest on has changed: registers, or who is there. */
export function reviewElections(context: CoordinatorContext, state: CoordinatorState): void {
  for (const [election, stand] of state.stands) reviewElection(context, state, election, stand);
}

export function concernsElections(changes: readonly Change[]): boolean {
  return changes.some(
    ({ after }) => after.register.key.startsWith(CANDIDACIES) || after.register.key.startsWith(ELECTIONS),
  );
}

function reviewElection(context: CoordinatorContext, state: CoordinatorState, election: string, stand: Stand): void {
  const office = officeOf(state, election);
  if (stand.token > 0 && !holdsOffice(context, state, stand, office)) depose(context, election, stand);
  if (stand.token > 0) return;
  if (!isToTakeOffice(context, state, election)) context.cancelTimer(timerOf(election));
  else if (!context.hasTimer(timerOf(election))) {
    context.setTimer(timerOf(election), state.options.stabilisationMs, { type: 'election-due', election });
  }
}

function holdsOffice(
  context: CoordinatorContext,
  state: CoordinatorState,
  stand: Stand,
  office: Office | undefined,
): boolean {
  return office?.node === state.node && office.token === stand.token && office.incarnation === context.incarnation;
}

/** Whether the office is vacant in this view and this node the lowest-ranked candidate that is there. */
function isToTakeOffice(context: CoordinatorContext, state: CoordinatorState, election: string): boolean {
  const candidacies = candidaciesOf(state, election);
  const office = officeOf(state, election);
  const isHeld =
    office !== undefined && isThere(state, office.node) && candidacies.get(office.node) === office.incarnation;
  if (isHeld && !(office.node === state.node && office.incarnation === context.incarnation)) return false;
  const lowest = [...candidacies.keys()].filter((node) => isThere(state, node)).sort(compareNames)[0];
  return lowest === state.node;
}

export function onElectionDue(
  context: CoordinatorContext,
  state: CoordinatorState,
  { election }: Received<'election-due'>,
): Change[] {
  const stand = state.stands.get(election);
  if (stand === undefined || stand.token > 0 || !isToTakeOffice(context, state, election)) return [];
  const token = nextToken(state, election);
  const office: Office = { token, node: state.node, incarnation: context.incarnation, candidate: stand.candidate };
  const batch = beginBatch(state.replica, context.wallMs());
  write(context, state, batch, { key: keyOfElection(election), value: office });
  stand.token = token;
  const changes = commit(context, state, batch);
  assert(holdsOffice(context, state, stand, officeOf(state, election)), 'who took the office holds it');
  observeOffice(context, 'elected', election, stand);
  tellElected(context, state, election, stand);
  return changes;
}

function tellElected(
  context: CoordinatorContext,
  state: CoordinatorState,
  election: string,
  { client, token }: Stand,
): void {
  const office = officeOf(state, election);
  assert(office?.token === token, 'who is told elected holds the office');
  const guard: Compare = { key: keyOfElection(election), target: 'value', operator: '=', operand: office };
  tell(context, client, { type: 'elected', election, token, guard });
}

function depose(context: CoordinatorContext, election: string, stand: Stand): void {
  observeOffice(context, 'deposed', election, stand);
  tell(context, stand.client, { type: 'deposed', election, token: stand.token });
  stand.token = 0;
}

function observeOffice(
  context: CoordinatorContext,
  type: 'elected' | 'deposed',
  election: string,
  { token, candidate }: Stand,
): void {
  observe(context, { type, election, token, candidate });
}

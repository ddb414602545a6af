import type { Configuration } from '../configuration/configuration.js';
import type { Progress } from '../replication/progress.js';
import type { InteractionGroup } from './interaction-group.fixture.js';
import { idOf, nameOf, type InteractionNode } from './interaction-node.fixture.js';
import type { Interaction } from './interaction.fixture.js';

export type FactKind =
  'refusal' | 'transition' | 'hard-state' | 'configuration' | 'state' | 'log' | 'progress' | 'committed-entry';

/** Something that was published of a group after a command, and how it is here. Equal texts are the same fact. */
export interface Fact {
  readonly kind: FactKind;
  readonly line: number;
  readonly expected: string;
  readonly actual: string;
}

/** What the published output says of the group after this command. */
export function factsAfter(
  group: InteractionGroup,
  interaction: Interaction,
  outcome: 'ok' | 'refused',
): readonly Fact[] {
  const { line, cmd, facts } = interaction;
  const fact = (kind: FactKind, expected: string, actual: string): Fact => ({ kind, line, expected, actual });
  const node = (id: string | number): InteractionNode => nodeOf(group, String(id));
  const found: Fact[] = refusal(interaction, outcome).map(([expected, actual]) => fact('refusal', expected, actual));
  for (const { node: id, role, term } of facts.transitions ?? []) {
    found.push(fact('transition', `${id} became ${role} at term ${term}`, becameOf(node(id), id, role, term)));
  }
  for (const [id, { term, vote, commit }] of Object.entries(facts.hardstate_last ?? {})) {
    const expected = `${id}: term ${term} vote ${vote} commit ${commit}`;
    found.push(fact('hard-state', expected, hardStateOf(node(id), id)));
  }
  for (const [id, expected] of Object.entries(facts.config ?? {})) {
    found.push(fact('configuration', `${id}: ${expected}`, `${id}: ${described(node(id).appliedConfiguration)}`));
  }
  for (const expected of facts['raft-state'] ?? []) {
    const id = expected.slice(0, expected.indexOf(':'));
    found.push(fact('state', expected, stateOf(node(id), id)));
  }
  const [, logged = ''] = cmd.split(' ');
  for (const [n, expected] of (facts['raft-log'] ?? []).entries()) {
    found.push(fact('log', withoutChange(expected), node(logged).durableLog()[n] ?? 'nothing'));
  }
  for (const expected of facts.status ?? []) {
    const id = expected.slice(0, expected.indexOf(':'));
    found.push(fact('progress', portableProgress(expected, id === logged), progressOf(node(logged), id)));
  }
  return found;
}

/** At the end of a file: every entry that some member of theirs applied is the same here, at the same index. */
export function committedFacts(group: InteractionGroup, interactions: readonly Interaction[]): readonly Fact[] {
  return interactions.flatMap((interaction) =>
    committedBy(interaction).map(({ id, expected }): Fact => {
      const index = Number(/^\d+\/(\d+)/.exec(expected)?.[1]);
      const actual = nodeOf(group, id).applied.get(index) ?? 'nothing';
      const { line } = interaction;
      return { kind: 'committed-entry', line, expected: `${id}: ${expected}`, actual: `${id}: ${actual}` };
    }),
  );
}

/** The blocks `CommittedEntries:` of the nodes whose output a command shows. */
function committedBy({ cmd, expected }: Interaction): readonly { readonly id: string; readonly expected: string }[] {
  const found: { id: string; expected: string }[] = [];
  let id = /^process-ready (\d+)$/.exec(cmd)?.[1] ?? '';
  let isCommitted = false;
  for (const text of expected) {
    id = /^> (\d+) handling Ready/.exec(text)?.[1] ?? id;
    const entry = /^ *(\d+\/\d+ Entry.*)$/.exec(text)?.[1];
    if (entry === undefined) isCommitted = text.trim() === 'CommittedEntries:';
    else if (isCommitted) found.push({ id, expected: withoutChange(entry) });
  }
  return found;
}

function refusal({ cmd, expected }: Interaction, outcome: 'ok' | 'refused'): readonly (readonly [string, string])[] {
  if (!cmd.startsWith('propose')) return [];
  const isRefused = expected.some((text) => /proposal dropped|ignoring conf change/.test(text));
  return [[`${cmd}: ${isRefused ? 'refused' : 'ok'}`, `${cmd}: ${outcome}`]];
}

function nodeOf(group: InteractionGroup, id: string): InteractionNode {
  const node = group.nodes.get(id);
  if (node === undefined) throw new Error(`there is no node ${id}`);
  return node;
}

/** A follower says when it stops being something else, theirs in every new term: so that one is compared with what it is. */
function becameOf(node: InteractionNode, id: number, role: string, term: number): string {
  const { state } = node;
  const hasBeen = node.observed().some((observation) => {
    const { type } = observation;
    return type === `raft-became-${role}` && 'term' in observation && observation.term === term;
  });
  // A lone voter is elected in the turn in which it stands, and tells both when its vote is durable.
  const isBeyond = role === 'candidate' && state.role === 'leader' && state.term === term;
  if (hasBeen || isBeyond || (state.role === role && state.term === term))
    return `${id} became ${role} at term ${term}`;
  return `${id} is ${state.role} at term ${state.term}`;
}

function hardStateOf({ state }: InteractionNode, id: string): string {
  return `${id}: term ${state.term} vote ${idOf(state.votedFor) || '0'} commit ${state.commit}`;
}

const ROLES = Object.freeze({
  follower: 'StateFollower',
  'pre-candidate': 'StatePreCandidate',
  candidate: 'StateCandidate',
  leader: 'StateLeader',
});

function stateOf(node: InteractionNode, id: string): string {
  const { role, term, leader } = node.state;
  const { voters, outgoing } = node.appliedConfiguration;
  const votes = voters.includes(node.name) || outgoing.includes(node.name);
  return `${id}: ${ROLES[role]} (${votes ? 'Voter' : 'Non-Voter'}) Term:${term} Lead:${idOf(leader) || '0'}`;
}

const listed = (nodes: readonly string[]): string => `(${nodes.map(idOf).join(' ')})`;

function described({ voters, outgoing, learners, learnersNext, autoLeave }: Configuration): string {
  const parts = [`voters=${listed(voters)}${outgoing.length > 0 ? `&&${listed(outgoing)}` : ''}`];
  if (learners.length > 0) parts.push(`learners=${listed(learners)}`);
  if (learnersNext.length > 0) parts.push(`learners_next=${listed(learnersNext)}`);
  if (autoLeave) parts.push('autoleave');
  return parts.join(' ');
}

/** An entry here holds the whole new configuration and not the change, which is compared by what it does. */
function withoutChange(entry: string): string {
  return entry.replace(/EntryConfChange.*$/, 'EntryConfChange').trimEnd();
}

const MODES = Object.freeze({ probe: 'StateProbe', replicate: 'StateReplicate', snapshot: 'StateSnapshot' });

/**
 * Without how full the pipeline is and who was heard lately, which their leader counts in other units; and without `next` where it has no meaning:
 * for the leader itself, and while a snapshot is sent.
 */
function portableProgress(status: string, isOwn: boolean): string {
  return status
    .replace(isOwn || status.includes('StateSnapshot') ? / next=\d+/ : '', '')
    .replace(/ (paused|inactive)/g, '')
    .replace(/ (inflight|pendingSnap)=\S+/g, '')
    .trimEnd();
}

function progressOf({ state }: InteractionNode, id: string): string {
  if (nameOf(id) === state.self) return `${id}: StateReplicate match=${state.durableIndex}`;
  const known: Progress | undefined = state.progress.get(nameOf(id));
  if (known === undefined) return `${id}: unknown`;
  const next = known.mode === 'snapshot' ? '' : ` next=${known.next}`;
  const learner = state.configuration.learners.includes(nameOf(id)) ? ' learner' : '';
  return `${id}: ${MODES[known.mode]} match=${known.match}${next}${learner}`;
}

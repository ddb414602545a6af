import type { Violation } from '../../sim/properties/property.js';
import type { SpanRule } from './space-time.js';

/** What is marked on the lane of a node, by the type of the observation; the classes are those of the style. */
export const MARKS: Readonly<Record<string, string>> = Object.freeze({
  'node-started': 'started',
  'effect-applied': 'effect',
  'effect-refused': 'refused',
  'attempt-claimed': 'claimed',
  'attempt-reported': 'completed',
  'raft-became-candidate': 'claimed',
  'raft-voted': 'started',
  'raft-committed': 'effect',
  'raft-truncated': 'refused',
  'txn-applied': 'effect',
  'lease-expired': 'refused',
  'member-suspect': 'claimed',
  'member-dead': 'refused',
  refuted: 'effect',
});

/** What lasts, from one type of observation to another. */
export const SPANS: readonly SpanRule[] = Object.freeze([
  { begins: 'planner-active', ends: ['planner-inactive', 'node-crashed', 'node-halted'], cssClass: 'leader' },
  { begins: 'raft-became-leader', ends: ['raft-became-follower', 'node-crashed', 'node-halted'], cssClass: 'leader' },
  { begins: 'elected', ends: ['deposed', 'resigned', 'node-crashed', 'node-halted'], cssClass: 'leader' },
  { begins: 'node-crashed', ends: ['node-started'], cssClass: 'down' },
  { begins: 'node-paused', ends: ['node-resumed', 'node-crashed'], cssClass: 'paused' },
]);

/** The sentence under a picture: what was violated first, or that nothing was. */
export function verdictSentence(violations: readonly Violation[]): string {
  const [first] = violations;
  return first === undefined
    ? 'all properties held'
    : `${first.property} failed at step ${first.step}: ${first.message}`;
}

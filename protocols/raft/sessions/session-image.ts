import type { Plain } from '../../../runtime/data.js';
import type { Session, SessionTable } from './sessions.js';

/** Sessions in a snapshot, in the order of the table: who is forgotten first is a part of the replicated state. */
export interface SessionsImage {
  readonly open: readonly SessionImage[];
  readonly ended: readonly (readonly [id: number, highest: number])[];
}

interface SessionImage {
  readonly id: number;
  readonly idleEntries: number;
  readonly lastIndex: number;
  readonly acknowledged: number;
  readonly highest: number;
  readonly answers: readonly (readonly [number: number, index: number, result: Plain])[];
}

export function imageOfSessions({ open, ended }: SessionTable): SessionsImage {
  return { open: [...open].map(([id, session]) => imageOfSession(id, session)), ended: [...ended] };
}

function imageOfSession(id: number, { answers, ...session }: Session): SessionImage {
  return {
    id,
    ...session,
    answers: [...answers].map(([number, { index, result }]) => [number, index, result] as const),
  };
}

export function sessionsOfImage({ open, ended }: SessionsImage): SessionTable {
  return {
    open: new Map(open.map(({ id, answers, ...session }) => [id, { ...session, answers: answersOfImage(answers) }])),
    ended: new Map(ended),
  };
}

function answersOfImage(answers: SessionImage['answers']): Session['answers'] {
  return new Map(answers.map(([number, index, result]) => [number, { index, result }]));
}
